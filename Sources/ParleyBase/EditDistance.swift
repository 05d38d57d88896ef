/// Edits from one list to another: insertions, deletions, substitutions, and swaps of neighbours of which none is edited twice
/// (Damerau, "A technique for computer detection and correction of spelling errors", CACM 7(3), 1964; restricted).
///
/// Takes |a|·|b| steps: callers bound what they compare.
package func editDistance<Element: Equatable>(_ a: [Element], _ b: [Element]) -> Int {
  var rows = [Array(0...b.count)]
  for i in 0..<a.count {
    var row = [i + 1]
    for j in 0..<b.count {
      var cost = min(rows[i][j + 1] + 1, row[j] + 1, rows[i][j] + (a[i] == b[j] ? 0 : 1))
      if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { cost = min(cost, rows[i - 1][j - 1] + 1) }
      row.append(cost)
    }
    rows.append(row)
  }
  return rows[a.count][b.count]
}
