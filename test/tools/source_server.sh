# shellcheck shell=bash
# Builds a PostgreSQL with assertions from Debian's source package, for the scripts that test against another server than
# the installed one.  Whoever includes it sets home, package and major, may set configure_more, and defines
# source_entries, which writes apt's deb-src entries into a folder.
apt_options=() configure_more=()
unset MAKELEVEL MAKEFLAGS MFLAGS            # PostgreSQL makes its headers only in a make of its own

# A folder below build, or one that the servers' user can read if the tree is none.
choose_home() {
	home=$top/build/$1
	if ! (cd / && as_server_user test -r "$top/Makefile"); then home=/var/tmp/wal2debezium-$1; fi
	mkdir -p "$home"
	chmod 755 "$home"
	[ "$home" != "$top/build/$1" ] || chmod 755 "$top/build"
}

# The installed version, or the next best that the repositories still have (of the same major).
download() {
	local installed version
	installed=$(dpkg-query -W -f '${source:Version}' "$package" 2>/dev/null || true)
	for version in $installed $(apt-cache "${apt_options[@]}" showsrc "$package" | sed -n 's/^Version: //p' | sort -rV | uniq); do
		apt-get "${apt_options[@]}" source --download-only "$package=$version" && echo "version $version" && return
	done
	return 1
}

# Lists and archives lie in our folder: the system's apt stays as it is, and nobody needs root.
fetch_source() {
	local state=$home/apt
	rm -rf "$state" "$home/source"
	mkdir -p "$state"/lists/partial "$state"/archives/partial "$home/source/tree"
	source_entries "$state/entries"
	apt_options=(-qq -o "Dir::Etc::sourcelist=/dev/null" -o "Dir::Etc::sourceparts=$state/entries" -o "Dir::State::lists=$state/lists"
		-o "Dir::Cache=$state" -o APT::Sandbox::User=)
	cd "$home/source" &&
		apt-get "${apt_options[@]}" update &&
		download &&
		tar -xf "$home"/source/*.orig.tar.* --strip-components=1 -C "$home/source/tree"
}

# What the tests use of a server: contrib, xml, uuid. Documentation, NLS, PL/Perl and the like are left out.
compile() {
	cd "$home/source/tree" &&
		./configure --prefix="$home/pg" --enable-cassert --enable-debug --without-readline --without-icu --with-libxml --with-uuid=e2fs "${configure_more[@]}" CFLAGS=-O1 &&
		make -s -j"$(nproc)" all &&
		make -s install &&
		make -s -j"$(nproc)" -C contrib all &&
		make -s -C contrib install
}

# version: what is wanted, so that another one is built anew.
build_server() {
	local version=$1
	[ "$(cat "$home/built" 2>/dev/null)" != "$version" ] || return 0
	say "building PostgreSQL $major with assertions in $home (a few minutes, once)"
	rm -rf "$home/pg" "$home/built"
	if ! (fetch_source && compile) >"$home/build.log" 2>&1; then
		tail -n 10 "$home/build.log" >&2
		fail "could not build PostgreSQL $major with assertions" "see $home/build.log"
	fi
	rm -rf "$home/source/tree"
	echo "$version" >"$home/built"
}

# The plugin's objects are another server's: the tests run in a copy.
copy_tree() {
	rm -rf "$home/tree"
	mkdir "$home/tree"
	tar -C "$top" --exclude=./.git --exclude=./build --exclude='*.o' --exclude='*.so' --exclude='*.bc' -cf - . | tar -C "$home/tree" -xf -
	chmod -R go+rX "$home/tree"
}

# One run; its log is kept, and a failed assertion counts even if a test passed in spite of it.
run_tests() {
	local name=$1 traps good bad
	shift
	say "$name:"
	PG_CONFIG=$home/pg/bin/pg_config "$home/tree/test/tools/check" "$@" >"$home/$name.log" 2>&1 || true
	head -n -1 "$home/$name.log"
	traps=$(cat "$home"/tree/build/check/*/log/*.log 2>/dev/null | grep -cE 'TRAP:|terminated by signal (6|11)' || true)
	rm -rf "${home:?}/$name"
	cp -a "$home/tree/build/check" "$home/$name"
	[ "$traps" = 0 ] || echo "$name: $traps failed assertions or crashes; see $home/$name/*/log"
	read -r good bad < <(sed -nE '$s/^([0-9]+) passed, ([0-9]+) failed$/\1 \2/p' "$home/$name.log") || { good=0 bad=1; }
	passed=$((passed + good)) failed=$((failed + bad + traps))
}
