#!/usr/bin/python3
"""A proxy for tests in Perl: prints its port, then does what each line of stdin says, until that ends.

usage: proxy_server.py UPSTREAM_PORT
cut; freeze; thaw; orphan client|server; slow BYTES_PER_SECOND; lead_to PORT. Answers each line with "done".
"""
import os, sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "chaos"))
from lib.proxy import Proxy


def main():
    proxy = Proxy(int(sys.argv[1]))
    print(proxy.port, flush=True)
    for line in sys.stdin:
        action, *arguments = line.split()
        getattr(proxy, action)(*(int(word) if word.isdigit() else word for word in arguments))
        print("done", flush=True)


main()
