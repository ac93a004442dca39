# The relay. Build from the top: docker build -f docker/relay.Dockerfile -t wal2kafka .
FROM debian:bookworm-slim AS build
COPY . /src
WORKDIR /src
RUN test/tools/provision build && make -C relay && install -D relay/wal2kafka /out/usr/local/bin/wal2kafka

FROM debian:bookworm-slim
COPY test/tools/lib.sh test/tools/provision /tmp/tools/test/tools/
RUN /tmp/tools/test/tools/provision relay-runtime \
	&& rm -rf /tmp/tools /var/lib/apt/lists/* \
	&& useradd --system --no-create-home wal2kafka
COPY --from=build /out/ /
USER wal2kafka
ENTRYPOINT ["wal2kafka"]
CMD ["run", "/etc/wal2kafka/connector.json"]
