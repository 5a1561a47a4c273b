# From lines "name connections requests us p50 p99 errors cpu-us rss-MB" to a table of medians. Ratios are those of the rounds, not of the medians:
# round n of a server is compared with round n of the reference.
function median(list, n,   i, j, x) {
  for (i = 2; i <= n; i++) for (j = i; j > 1 && list[j - 1] > list[j]; j--) { x = list[j]; list[j] = list[j - 1]; list[j - 1] = x }
  return n % 2 ? list[(n + 1) / 2] : (list[n / 2] + list[n / 2 + 1]) / 2
}
function of(key, name, c,   i, values) {
  for (i = 1; i <= rounds[name, c]; i++) values[i] = data[key, name, c, i]
  return median(values, rounds[name, c])
}
function ratio(name, c,   i, values) {
  if (rounds[name, c] != rounds[reference, c]) return 0
  for (i = 1; i <= rounds[name, c]; i++) values[i] = data["cpu", name, c, i] / data["cpu", reference, c, i]
  return median(values, rounds[name, c])
}
{
  if (!(($1, $2) in rounds)) order[++rows] = $1 " " $2
  n = ++rounds[$1, $2]
  data["rate", $1, $2, n] = $3 / $4 * 1e6
  data["p50", $1, $2, n] = $5 / 1000
  data["p99", $1, $2, n] = $6 / 1000
  data["cpu", $1, $2, n] = $8 / $3
  data["rss", $1, $2, n] = $9
}
END {
  print "| connections | server | sign-ins/s | p50 ms | p99 ms | CPU µs a sign-in | × " reference " | RSS MB |"
  print "|---|---|---|---|---|---|---|---|"
  for (row = 1; row <= rows; row++) {
    split(order[row], at, " ")
    name = at[1]; c = at[2]
    printf "| %s | %s | %.0f | %.2f | %.2f | %.1f | %.2f | %.1f |\n", c, name, of("rate", name, c), of("p50", name, c), of("p99", name, c), of("cpu", name, c), ratio(name, c), of("rss", name, c)
  }
}
