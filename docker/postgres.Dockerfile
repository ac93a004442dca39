# PostgreSQL with the plugin. Build from the top: docker build -f docker/postgres.Dockerfile -t wal2debezium-postgres .
FROM debian:bookworm-slim AS build
SHELL ["/bin/bash", "-o", "pipefail", "-c"]
COPY . /src
WORKDIR /src
RUN test/tools/provision build && make -C plugin && make -C plugin install DESTDIR=/out

FROM postgres:15-bookworm
COPY --from=build /out/ /
RUN apt-get update \
	&& apt-get install -y --no-install-recommends libpcre2-8-0 \
	&& rm -rf /var/lib/apt/lists/*
COPY docker/postgres-setup.sh /docker-entrypoint-initdb.d/10-wal2debezium.sh
CMD ["postgres", "-c", "wal_level=logical"]
