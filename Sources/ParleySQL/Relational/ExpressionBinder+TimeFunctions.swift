import BigInt
import ParleyBase
import ParleyProgram

/// Functions that are called by name.
enum TimeFunctions {
  static let names = [
    "DATE_PART", "DATEPART", "DATE_TRUNC", "DATETRUNC", "DATE_DIFF", "DATEDIFF", "YEAR", "QUARTER", "MONTH",
    "WEEK",
    "WEEKOFYEAR", "DAY", "DAYOFMONTH", "HOUR", "MINUTE", "SECOND", "EPOCH", "DAYOFWEEK", "WEEKDAY", "ISODOW",
    "DAYOFYEAR",
  ]
}

/// Dates, times and lengths of time in expressions.
extension ExpressionBinder {
  // MARK: Functions

  /// - Parameter upper: one of ``TimeFunctions/names``.
  func timeFunction(
    _ upper: String, _ arguments: [SyntaxExpression], range: SourceRange
  ) throws(ParleyError) -> TimeOperand {
    func check(_ count: Int, _ form: String) throws(ParleyError) {
      guard arguments.count != count else { return }
      throw error("arguments", "\(upper) does not take these arguments", at: range, remedy: "write \(form)")
    }
    switch upper {
    case "DATE_PART", "DATEPART":
      try check(2, "DATE_PART('year', d)")
      return try extracted(try field(arguments[0], among: TimeField.names), arguments[1], range: range)
    case "DATE_TRUNC", "DATETRUNC":
      try check(2, "DATE_TRUNC('month', d)")
      let unit = try field(arguments[0], among: TimeField.unitNames)
      let operand = try time(try self.operand(arguments[1]), "DATE_TRUNC")
      guard let truncated = number(operand).truncated(to: unit) else { throw noUnit(arguments[0]) }
      return made(truncated, range)
    case "DATE_DIFF", "DATEDIFF":
      try check(3, "DATE_DIFF('day', a, b)")
      let unit = try field(arguments[0], among: TimeField.unitNames)
      let first = try time(try operand(arguments[1]), "DATE_DIFF")
      let last = try time(try operand(arguments[2]), "DATE_DIFF")
      guard let a = number(first).count(of: unit), let b = number(last).count(of: unit) else {
        throw noUnit(arguments[0])
      }
      return TimeOperand(term: b.minus(a), type: .number(scale: 0), range: range)
    default:
      try check(1, "\(upper)(d)")
      guard let field = TimeField(named: upper) else { throw noUnit(arguments[0]) }
      return try extracted(field, arguments[0], range: range)
    }
  }

  private func field(_ syntax: SyntaxExpression, among names: [String]) throws(ParleyError) -> TimeField {
    guard case .text(let text) = syntax.kind else {
      throw error(
        "arguments", "the part of a date is a text in single quotes", at: syntax.range,
        remedy: "write for instance 'month'")
    }
    guard let field = TimeField(named: text), names.contains(field.rawValue.uppercased()) else {
      throw error(
        "arguments", "'\(text)' cannot be asked for here\(didYouMean(text.uppercased(), among: names))",
        at: syntax.range, remedy: "use one of \(names.map { "'\($0.lowercased())'" }.joined(separator: ", "))")
    }
    return field
  }
  private func noUnit(_ syntax: SyntaxExpression) -> ParleyError {
    error("arguments", "this is no unit of time", at: syntax.range, remedy: "write for instance 'month'")
  }

  func extracted(
    _ field: TimeField, _ syntax: SyntaxExpression, range: SourceRange
  ) throws(ParleyError) -> TimeOperand {
    let operand = try self.operand(syntax)
    if case .duration(let scale) = operand.type {
      guard field == .epoch else {
        throw error(
          "type", "\(field.rawValue.uppercased()) of a length of time would depend on how it is counted",
          at: syntax.range,
          remedy: "EXTRACT(EPOCH FROM …) is all of it in seconds, which can be divided; DATE_DIFF counts units")
      }
      return TimeOperand(term: operand.term, type: .number(scale: scale), range: range)
    }
    let value = number(try time(operand, field.rawValue.uppercased()))
    return TimeOperand(term: value.field(field), type: .number(scale: 0), range: range)
  }

  /// CAST to DATE or TIMESTAMP.
  func converted(_ operand: TimeOperand, toDate isDate: Bool, range: SourceRange) throws(ParleyError)
    -> TimeOperand
  {
    if operand.text != nil {
      return TimeOperand(
        term: try constant(operand, isDate: isDate), type: isDate ? .date : .timestamp, range: range)
    }
    if case .null = operand.type {
      let type: SQLType = isDate ? .date : .timestamp
      return TimeOperand(term: Expression.null(type), type: type, range: range)
    }
    let value = number(try time(operand, isDate ? "CAST to DATE" : "CAST to TIMESTAMP"))
    return made(isDate ? .days(value.days) : .seconds(value.seconds), range)
  }

  // MARK: Values

  /// A date or a time; constants in quotes are taken for what they look like.
  private func time(_ operand: TimeOperand, _ what: String) throws(ParleyError) -> TimeOperand {
    switch operand.type {
    case .date, .timestamp: return operand
    case .null: return TimeOperand(term: Expression.null(.timestamp), type: .timestamp, range: operand.range)
    case .text:
      let isDate = operand.text.map { CivilDate($0.value) != nil } ?? false
      return TimeOperand(
        term: try constant(operand, isDate: isDate), type: isDate ? .date : .timestamp, range: operand.range)
    default:
      throw error(
        "type", "\(what) needs a date or a time, and this is \(operand.type.described)", at: operand.range,
        remedy: "use a column that is declared as date or timestamp, or a constant such as DATE '2024-03-31'")
    }
  }

  /// Of a text constant.
  func constant(_ operand: TimeOperand, isDate: Bool) throws(ParleyError) -> Expression {
    let text = operand.text?.value ?? ""
    return .integer(
      BigInt(
        isDate
          ? try TimeText.days(text, at: operand.range, source)
          : try TimeText.seconds(text, at: operand.range, source)))
  }

  private func number(_ operand: TimeOperand) -> TimeNumber {
    operand.type == .date ? .days(operand.term) : .seconds(operand.term)
  }
  private func made(_ value: TimeNumber, _ range: SourceRange) -> TimeOperand {
    switch value {
    case .days(let term): TimeOperand(term: term, type: .date, range: range)
    case .seconds(let term): TimeOperand(term: term, type: .timestamp, range: range)
    }
  }

  /// INTERVAL where it is no part of a sum with a date.
  func length(_ length: IntervalLength, range: SourceRange) throws(ParleyError) -> TimeOperand {
    guard length.months == 0 else {
      throw error(
        "type", "months have no fixed length", at: range,
        remedy: "add them to a date or a time, or count days: INTERVAL '30' DAY")
    }
    return TimeOperand(
      term: .integer(BigInt(length.days) * 86_400 + BigInt(length.seconds)), type: .duration(scale: 0),
      range: range)
  }

  // MARK: Arithmetic

  /// Sums and differences with dates, times and lengths of time; nil where there are none.
  func timeArithmetic(
    _ sign: ArithmeticSign, _ a: SyntaxExpression, _ b: SyntaxExpression, range: SourceRange
  ) throws(ParleyError) -> TimeOperand? {
    let isSum = sign == .plus || sign == .minus
    if isSum, case .interval(let length) = b.kind {
      return try moved(try operand(a), by: sign == .plus ? length : -length, range: range)
    }
    if sign == .plus, case .interval(let length) = a.kind {
      return try moved(try operand(b), by: length, range: range)
    }
    return nil
  }

  private func moved(
    _ operand: TimeOperand, by length: IntervalLength, range: SourceRange
  ) throws(ParleyError) -> TimeOperand {
    if case .duration(let scale) = operand.type {
      let other = try self.length(length, range: range)
      return TimeOperand(
        term: operand.term.plus(other.term.times(powerOfTen(scale))), type: operand.type, range: range)
    }
    if case .number = operand.type {
      throw error(
        "type", "a length of time is added to a number", at: operand.range,
        remedy:
          "days are whole numbers in differences of dates: write 7 and not INTERVAL '7' DAY; else add it to a date"
      )
    }
    return made(number(try time(operand, "INTERVAL")).moved(by: length), range)
  }

  /// The same of values that are bound.
  func timeArithmetic(
    _ sign: ArithmeticSign, _ a: TimeOperand, _ b: TimeOperand, range: SourceRange
  ) throws(ParleyError) -> TimeOperand? {
    guard a.type.isTime || b.type.isTime else { return nil }
    // Constants in quotes and NULL are of the type that they meet.
    func completed(_ x: TimeOperand, beside y: TimeOperand) throws(ParleyError) -> TimeOperand {
      switch (x.type, y.type) {
      case (.text, .date), (.text, .timestamp): try time(x, "the difference")
      case (.null, _): TimeOperand(term: Expression.null(y.type), type: y.type, range: x.range)
      default: x
      }
    }
    let x = try completed(a, beside: b), y = try completed(b, beside: a)
    func made(_ term: Expression, _ type: SQLType) -> TimeOperand {
      TimeOperand(term: term, type: type, range: range)
    }
    switch (sign, x.type, y.type) {
    case (.minus, .date, .date): return made(x.term.minus(y.term), .number(scale: 0))
    case (.minus, .date, .timestamp), (.minus, .timestamp, .date), (.minus, .timestamp, .timestamp):
      return made(number(x).seconds.minus(number(y).seconds), .duration(scale: 0))
    case (.plus, .date, .number(scale: 0)): return made(x.term.plus(y.term), .date)
    case (.plus, .number(scale: 0), .date): return made(x.term.plus(y.term), .date)
    case (.minus, .date, .number(scale: 0)): return made(x.term.minus(y.term), .date)
    case (.plus, .date, .duration(scale: 0)), (.plus, .timestamp, .duration(scale: 0)):
      return made(number(x).seconds.plus(y.term), .timestamp)
    case (.minus, .date, .duration(scale: 0)), (.minus, .timestamp, .duration(scale: 0)):
      return made(number(x).seconds.minus(y.term), .timestamp)
    case (.plus, .duration(scale: 0), .date), (.plus, .duration(scale: 0), .timestamp):
      return made(x.term.plus(number(y).seconds), .timestamp)
    case (.plus, .duration(let p), .duration(let q)), (.minus, .duration(let p), .duration(let q)):
      let scale = max(p, q)
      let first = x.term.times(powerOfTen(scale - p)), second = y.term.times(powerOfTen(scale - q))
      return made(sign == .plus ? first.plus(second) : first.minus(second), .duration(scale: scale))
    case (.times, .duration, .number(scale: 0)): return made(product(x.term, y.term), x.type)
    case (.times, .number(scale: 0), .duration): return made(product(y.term, x.term), y.type)
    default: throw refusal(sign, x, y, range)
    }
  }

  private func product(_ a: Expression, _ b: Expression) -> Expression {
    if let factor = b.constant { return a.times(factor) }
    if let factor = a.constant { return b.times(factor) }
    return .multiply(a, b)
  }

  private func refusal(_ sign: ArithmeticSign, _ a: TimeOperand, _ b: TimeOperand, _ range: SourceRange)
    -> ParleyError
  {
    let remedy: String
    switch (a.type, b.type) {
    case (.timestamp, .number), (.number, .timestamp):
      remedy = "say of what: t + INTERVAL '90' MINUTE, t + n * INTERVAL '1' DAY; EXTRACT(EPOCH FROM t) is a number"
    case (.duration, .number), (.number, .duration), (.duration, .duration):
      remedy = "EXTRACT(EPOCH FROM …) is the number of seconds of a length of time, for any arithmetic"
    default:
      remedy =
        "times are subtracted from each other, and lengths of time added to them; DATE_DIFF('day', a, b) counts"
    }
    return error(
      "type", "\(a.type.described) \(sign.rawValue) \(b.type.described) means nothing", at: range, remedy: remedy)
  }

  private static func truth(_ text: String) -> Bool? { ["true": true, "false": false][text.lowercased()] }

  /// What to write for `x = TRUE` where x is no condition.
  private static func remedyForTruth(_ type: SQLType, _ constant: Bool) -> String {
    switch type {
    case .number:
      "TRUE and FALSE are conditions: compare with a number, x = \(constant ? 1 : 0), or declare the column with type: bool, which reads 0 and 1 as well"
    case .category(let list):
      "TRUE and FALSE are conditions: compare with one of the values, \(list.values.prefix(5).map { "x = '\($0.value.replacing("'", with: "''"))'" }.joined(separator: ", "))\(list.values.count > 5 ? ", …" : "")"
    default: "TRUE and FALSE are conditions: compare with a text, as in x = 'yes'"
    }
  }

  /// What to do about two types that meet and have nothing in common.
  /// - Parameter condition: the text of the one that is a condition, where one is.
  static func remedyForUnlike(_ a: SQLType, _ b: SQLType, condition: String? = nil) -> String {
    switch (a, b) {
    case (.boolean, .number), (.number, .boolean), (.boolean, .category), (.category, .boolean),
      (.boolean, .string), (.string, .boolean):
      if let constant = condition.flatMap({ truth($0) }) {
        // Not what stands for yes in one study: which values there are, the study says.
        return remedyForTruth(a == .boolean ? b : a, constant)
      }
    default: break
    }
    return switch (a, b) {
    case (.boolean, .number), (.number, .boolean):
      "a condition stands by itself: write \(condition ?? "x"), or NOT \(condition ?? "x"), without a number"
    case (.boolean, .string), (.string, .boolean), (.boolean, .category), (.category, .boolean), (.boolean, .text),
      (.text, .boolean):
      "a condition stands by itself: write \(condition ?? "x"), or NOT \(condition ?? "x"), and no text that it is compared with"
    case (.duration, .number), (.number, .duration):
      "write what the number counts, as in INTERVAL '90' MINUTE or n * INTERVAL '1' MINUTE, or EXTRACT(EPOCH FROM …) for a number of seconds; a difference of two dates is a number of days"
    case (.date, .number), (.number, .date), (.timestamp, .number), (.number, .timestamp):
      "write dates as DATE 'YYYY-MM-DD', or compare a part: EXTRACT(YEAR FROM …)"
    case (.date, .string), (.string, .date), (.timestamp, .string), (.string, .timestamp), (.date, .category),
      (.category, .date), (.timestamp, .category), (.category, .timestamp):
      "declare both columns as date or timestamp in the study"
    default: "use values of one type"
    }
  }
}
