import ParleyTesting

/// Random expressions of dates and times. The database has days and seconds, its own functions for parts of them, and
/// `shifted(seconds, months)` from the test.
extension RelationalQueryGenerator {
  private func seconds(_ a: Spelled) -> String { a.kind == .date ? "(\(a.theirs) * 86400)" : a.theirs }
  private func days(_ a: Spelled) -> String { a.kind == .date ? a.theirs : floored(a.theirs, 86_400) }
  private func floored(_ x: String, _ divisor: Int) -> String {
    "((\(x) - ((\(x) % \(divisor)) + \(divisor)) % \(divisor)) / \(divisor))"
  }
  private func field(_ code: String, _ a: Spelled) -> String {
    "CAST(strftime('%\(code)', \(seconds(a)), 'unixepoch') AS INTEGER)"
  }
  private func start(of unit: String, _ a: Spelled) -> String {
    "CAST(strftime('%s', \(seconds(a)), 'unixepoch', 'start of \(unit)') AS INTEGER)"
  }
  private func made(_ kind: Kind, seconds: String) -> String { kind == .date ? "(\(seconds) / 86400)" : seconds }

  /// A date or a time.
  mutating func time(_ kind: Kind, _ columns: [Spelled], depth: Int) -> Spelled {
    let a = expression(kind, columns, depth: depth)
    let unit = kind == .date ? 1 : 86_400
    func spelled(_ ours: String, _ theirs: String) -> Spelled { Spelled(ours: ours, theirs: theirs, kind: kind) }
    switch Int.random(in: 0..<6, using: &random) {
    case 0:
      let count = random.pick([1, 2, 9, 12, -1, -11])
      let sign = count < 0 ? "-" : "+"
      let text = random.pick(["MONTH", "MONTHS"])
      return spelled(
        "(\(a.ours) \(sign) INTERVAL '\(abs(count))' \(text))",
        made(kind, seconds: "shifted(\(seconds(a)), \(count))"))
    case 1:
      // Before 1970.
      let count = random.pick([1, 10_001])
      return spelled("(\(a.ours) - INTERVAL '\(count) days')", "(\(a.theirs) - \(count * unit))")
    case 2 where kind == .timestamp:
      let count = random.pick([1, 25, 61])
      let (word, length) = random.pick([("HOUR", 3600), ("MINUTE", 60), ("SECOND", 1)])
      return spelled("(\(a.ours) + INTERVAL \(count) \(word))", "(\(a.theirs) + \(count * length))")
    case 3:
      switch random.pick(["year", "quarter", "month", "week", "hour"]) {
      case "quarter":
        let month = start(of: "month", a)
        return spelled(
          "DATE_TRUNC('quarter', \(a.ours))",
          made(kind, seconds: "shifted(\(month), -((\(field("m", a)) - 1) % 3))"))
      case "week":
        let monday = "(\(floored("(\(days(a)) + 3)", 7)) * 7 - 3)"
        return spelled("DATE_TRUNC('week', \(a.ours))", "(\(monday) * \(unit))")
      case "hour":
        let hour = kind == .date ? a.theirs : "(\(floored(a.theirs, 3600)) * 3600)"
        return spelled("DATE_TRUNC('hour', \(a.ours))", hour)
      case let word: return spelled("DATE_TRUNC('\(word)', \(a.ours))", made(kind, seconds: start(of: word, a)))
      }
    default:
      let other = expression(kind == .date ? .timestamp : .date, columns, depth: depth)
      return kind == .date
        ? spelled("CAST(\(other.ours) AS DATE)", days(other))
        : spelled("CAST(\(other.ours) AS TIMESTAMP)", seconds(other))
    }
  }

  private mutating func anyTime(_ columns: [Spelled], depth: Int) -> Spelled {
    expression(random.pick([.date, .timestamp, .timestamp]), columns, depth: depth)
  }

  /// A part of a time, or what is between two, made small.
  mutating func partOfTime(_ columns: [Spelled], depth: Int) -> Spelled {
    let a = anyTime(columns, depth: depth)
    func small(_ ours: String, _ theirs: String) -> Spelled {
      Spelled(ours: "(\(ours) % 9)", theirs: "(\(theirs) % 9)", kind: .number(scale: 0))
    }
    switch Int.random(in: 0..<3, using: &random) {
    case 0:
      let (name, code) = random.pick([
        ("YEAR", "Y"), ("MONTH", "m"), ("DAY", "d"), ("HOUR", "H"), ("MINUTE", "M"), ("SECOND", "S"), ("DOW", "w"),
        ("DOY", "j"),
      ])
      return small("EXTRACT(\(name) FROM \(a.ours))", field(code, a))
    case 1:
      switch Int.random(in: 0..<3, using: &random) {
      case 0: return small("QUARTER(\(a.ours))", "((\(field("m", a)) + 2) / 3)")
      case 1: return small("ISODOW(\(a.ours))", "((\(field("w", a)) + 6) % 7 + 1)")
      default: return small("DATE_PART('epoch', \(a.ours))", seconds(a))
      }
    default: break
    }
    let b = anyTime(columns, depth: depth)
    switch Int.random(in: 0..<6, using: &random) {
    case 0: return small("DATE_DIFF('year', \(a.ours), \(b.ours))", "(\(field("Y", b)) - \(field("Y", a)))")
    case 1:
      return small(
        "DATE_DIFF('month', \(a.ours), \(b.ours))",
        "(12 * \(field("Y", b)) + \(field("m", b)) - 12 * \(field("Y", a)) - \(field("m", a)))")
    case 2: return small("DATE_DIFF('day', \(a.ours), \(b.ours))", "(\(days(b)) - \(days(a)))")
    case 3:
      return small(
        "DATE_DIFF('week', \(a.ours), \(b.ours))",
        "(\(floored("(\(days(b)) + 3)", 7)) - \(floored("(\(days(a)) + 3)", 7)))")
    case 4:
      return small(
        "DATE_DIFF('hour', \(a.ours), \(b.ours))", "(\(floored(seconds(b), 3600)) - \(floored(seconds(a), 3600)))")
    default:
      guard a.kind == .timestamp || b.kind == .timestamp else {
        return small("(\(b.ours) - \(a.ours))", "(\(b.theirs) - \(a.theirs))")
      }
      return small("EXTRACT(EPOCH FROM \(b.ours) - \(a.ours))", "(\(seconds(b)) - \(seconds(a)))")
    }
  }

  /// Dates and times are compared with each other, and lengths of time with constants.
  mutating func timeCondition(_ columns: [Spelled], depth: Int) -> Spelled {
    let a = expression(.timestamp, columns, depth: depth), b = anyTime(columns, depth: depth)
    let sign = random.pick(["=", "<>", "<", "<=", ">", ">="])
    if random.chance(50) {
      return Spelled(
        ours: "\(a.ours) \(sign) \(b.ours)", theirs: "\(seconds(a)) \(sign) \(seconds(b))", kind: .boolean)
    }
    let hours = random.pick([0, 1, 24])
    return Spelled(
      ours: "\(a.ours) - \(b.ours) \(sign) INTERVAL '\(hours)' HOUR",
      theirs: "\(seconds(a)) - \(seconds(b)) \(sign) \(hours * 3600)", kind: .boolean)
  }
}
