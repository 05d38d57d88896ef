import ParleyProgram
import ParleyTesting

/// Random group keys and conditions of the date `t` and the time `z`.
extension SQLQueryGenerator {
  private func part(_ code: String, _ seconds: String) -> String {
    "CAST(strftime('%\(code)', \(seconds), 'unixepoch') AS INTEGER)"
  }

  mutating func timeKey() -> Pair {
    let isDate = random.chance(50)
    let (column, seconds) = isDate ? ("t", "t * 86400") : ("z", "z")
    let format = isDate ? "%Y-%m-%d" : "%Y-%m-%dT%H:%M:%SZ"
    let pairs = [
      ("EXTRACT(YEAR FROM \(column))", part("Y", seconds)), ("MONTH(\(column))", part("m", seconds)),
      ("QUARTER(\(column))", "((\(part("m", seconds)) + 2) / 3)"),
      ("EXTRACT(DOW FROM \(column))", part("w", seconds)), ("DATE_PART('day', \(column))", part("d", seconds)),
      ("EXTRACT(YEAR FROM \(column)) / 10", "(\(part("Y", seconds)) / 10)"),
      ("HOUR(z)", part("H", "z")), ("MINUTE(z)", part("M", "z")),
      ("DATE_TRUNC('month', \(column))", "strftime('\(format)', \(seconds), 'unixepoch', 'start of month')"),
      ("DATE_TRUNC('year', \(column))", "strftime('\(format)', \(seconds), 'unixepoch', 'start of year')"),
    ]
    let pair = random.pick(pairs)
    return Pair(ours: pair.0, theirs: pair.1, isPartOfTime: true)
  }

  mutating func timeCondition(_ sign: String, _ day: Int64) -> Pair {
    let second = day * 86_400 + Int64.random(in: -5...5, using: &random)
    let text = CivilTime(secondsSince1970: Int(second)).description
    let pairs = [
      ("(z \(sign) TIMESTAMP '\(text)')", "(z \(sign) \(second))"),
      ("('\(text)' \(sign) z)", "(\(second) \(sign) z)"),
      ("(z \(sign) t)", "(z \(sign) t * 86400)"),
      ("(z - t \(sign) INTERVAL '9' HOUR)", "(z - t * 86400 \(sign) 32400)"),
      ("(MONTH(t) \(sign) 6)", "(\(part("m", "t * 86400")) \(sign) 6)"),
      ("(HOUR(z) \(sign) 12)", "(\(part("H", "z")) \(sign) 12)"),
      (
        "(t + INTERVAL '1' MONTH \(sign) DATE '\(CivilDate(daysSince1970: Int(day)))')",
        "(shifted(t * 86400, 1) \(sign) \(day * 86_400))"
      ),
    ]
    let pair = random.pick(pairs)
    return Pair(ours: pair.0, theirs: pair.1)
  }
}
