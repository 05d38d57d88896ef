import ParleyBase

/// What other databases have and this dialect writes in another way.
enum FunctionHints {
  /// - Parameter name: of a function, or of a word that stands for a value; in capital letters.
  static func remedy(_ name: String) -> String? {
    switch name {
    case "MEAN", "AVERAGE": "write AVG(x)"
    case "STD", "STDEV", "SD": "write STDDEV(x)"
    case "VAR": "write VARIANCE(x)"
    case "CORREL": "write CORR(x, y)"
    case "TOTAL": "write SUM(x)"
    case "COUNT_DISTINCT", "NUNIQUE", "N_DISTINCT": "write COUNT(DISTINCT x)"
    case "VAR_POP", "STDDEV_POP", "VARP", "STDEVP":
      "VARIANCE and STDDEV are the sample statistics; the population variance is VARIANCE(x) * (COUNT(x) - 1) / COUNT(x)"
    case "PERCENTILE_CONT", "PERCENTILE_DISC", "PERCENTILE", "APPROX_QUANTILE", "QUANTILE_CONT", "QUANTILE_DISC":
      "write QUANTILE(x, 0.9), which is one of the values, or MEDIAN(x)"
    case "POWER", "POW":
      "multiply: x * x; of the values of single rows, of which sums of powers tell, write VARIANCE(x) or STDDEV(x)"
    case "MOD": "write a % b"
    case "IF", "IIF": "write CASE WHEN condition THEN a ELSE b END"
    case "NVL": "write COALESCE(a, b)"
    case "ISNULL": "write x IS NULL, or COALESCE(a, b)"
    case "LEN": "write LENGTH(x)"
    case "INSTR", "STRPOS", "POSITION": "write CONTAINS(x, 'part')"
    case "LPAD":
      "join texts, and take the end: RIGHT('000' || CAST(x AS VARCHAR), 3), where x has three characters at most"
    case "RPAD": "join texts, and take the beginning: LEFT(x || '   ', 3)"
    case "STRFTIME", "TO_CHAR", "DATE_FORMAT", "FORMAT_DATE":
      "write a part, as in EXTRACT(YEAR FROM d), or the beginning of a unit, as in DATE_TRUNC('month', d)"
    case "DATEDIFF", "AGE", "JULIANDAY", "MONTHS_BETWEEN":
      "write DATE_DIFF('day', a, b), or the difference of two dates, b - a, which is in days"
    case "DATE_ADD", "DATEADD", "ADD_MONTHS", "DATE_SUB": "write d + INTERVAL '3' MONTH"
    case "NOW", "TODAY", "GETDATE", "CURRENT_DATE", "CURRENT_TIME", "CURRENT_TIMESTAMP", "LOCALTIMESTAMP":
      "write the day itself, as in DATE '2024-03-31': a study means the same whenever it runs"
    default: nil
    }
  }

  /// Words without parentheses.
  static func isMoment(_ name: String) -> Bool {
    ["CURRENT_DATE", "CURRENT_TIME", "CURRENT_TIMESTAMP", "LOCALTIMESTAMP"].contains(name)
  }

  static func unknown(_ name: Name, among names: [String], source: Source) -> ParleyError {
    let hint = remedy(name.text.uppercased())
    return source.error(
      "sql/unknown-function",
      "unknown function '\(name.text)'\(hint == nil ? didYouMean(name.text, among: names) : "")", at: name.range,
      remedy: hint ?? "functions: \(names.joined(separator: ", "))")
  }
}
