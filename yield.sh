#!/bin/sh
# Run a command that leaves the processor to the gateways and the worker when there is not enough of it for all.
# Linux shares it among sessions first (autogroup), and honcho gives each process its own: there `nice` alone does
# nothing. `nice` is for where there is no autogroup.
{ echo 10 > /proc/self/autogroup; } 2> /dev/null
exec nice -n 10 "$@"
