# Starts the server of the benches, until the script that sources this ends, and exports its URL as AOD_BENCH_SERVER.
coproc "${PYTHON:-python3}" tests/bench/python/server.py
read -r AOD_BENCH_SERVER <&"${COPROC[0]}"
export AOD_BENCH_SERVER
