import BigInt
import ParleyBase
import ParleyProgram

/// Binds select items that contain a statistic: factor · statistic + offset.
struct StatisticBinder {
  let rows: RowBinder

  enum Value {
    case constant(Decimal)
    case statistic(Statistic, factor: Decimal, offset: Decimal)
  }

  static func function(named name: String) -> StatisticFunction? {
    switch name.uppercased() {
    case "COUNT": .count
    case "SUM": .sum
    case "AVG": .average
    case "MIN": .minimum
    case "MAX": .maximum
    case "VARIANCE", "VAR_SAMP": .variance
    case "STDDEV", "STDDEV_SAMP": .deviation
    case "CORR": .correlation
    case "MEDIAN": .median
    case "QUANTILE": .quantile
    default: nil
    }
  }
  static let functionNames =
    [
      "COUNT", "SUM", "AVG", "MIN", "MAX", "VARIANCE", "VAR_SAMP", "STDDEV", "STDDEV_SAMP", "CORR", "MEDIAN",
      "QUANTILE", "COALESCE",
    ] + TimeFunctions.names
  static func unknownFunction(_ name: Name, source: Source) -> ParleyError {
    FunctionHints.unknown(name, among: functionNames, source: source)
  }

  static func containsStatistic(_ syntax: SyntaxExpression) -> Bool {
    switch syntax.kind {
    case .name, .number, .text, .date, .timestamp, .boolean, .null: false
    case .negated(let a), .not(let a), .isNull(let a), .isTruth(let a, _): containsStatistic(a)
    case .arithmetic(_, let a, let b), .comparison(_, let a, let b), .and(let a, let b), .or(let a, let b),
      .isSame(let a, let b):
      containsStatistic(a) || containsStatistic(b)
    case .between(let a, let b, let c): [a, b, c].contains(where: containsStatistic)
    case .oneOf(let a, let list): ([a] + list).contains(where: containsStatistic)
    case .row(let list), .joined(let list): list.contains(where: containsStatistic)
    case .caseWhen(let operand, let branches, let otherwise):
      ([operand, otherwise].compactMap { $0 } + branches.flatMap { [$0.condition, $0.result] })
        .contains(where: containsStatistic)
    case .call(let name, let arguments):
      function(named: name.text) != nil || (arguments ?? []).contains(where: containsStatistic)
    case .distinctCall, .windowCall, .like, .cast, .extract, .substring, .interval, .exists, .oneOfQuery,
      .scalarQuery:
      false
    }
  }

  func bind(_ syntax: SyntaxExpression) throws(ParleyError) -> Value {
    switch syntax.kind {
    case .number(let digits, let scale): return .constant(Decimal(digits: digits, scale: scale))
    case .negated(let inner): return scaled(try bind(inner), by: -Decimal.one)
    case .arithmetic(let sign, let a, let b) where sign != .over && sign != .remainder:
      return try combine(sign, try bind(a), try bind(b), at: syntax)
    case .call(let name, let arguments):
      return .statistic(try statistic(name, arguments, range: syntax.range), factor: .one, offset: .zero)
    default: throw refusal(syntax)
    }
  }

  private func refusal(_ syntax: SyntaxExpression) -> ParleyError {
    rows.error(
      "expression-of-statistics",
      "a column is one statistic, at most with constants added and multiplied", at: syntax.range,
      remedy:
        "select the statistics in columns of their own and combine them afterwards; AVG is a quotient already")
  }

  private func scaled(_ value: Value, by factor: Decimal) -> Value {
    switch value {
    case .constant(let constant): .constant(constant * factor)
    case .statistic(let statistic, let old, let offset):
      .statistic(statistic, factor: old * factor, offset: offset * factor)
    }
  }

  private func combine(
    _ sign: ArithmeticSign, _ a: Value, _ b: Value, at syntax: SyntaxExpression
  ) throws(ParleyError) -> Value {
    let right = sign == .minus ? scaled(b, by: -Decimal.one) : b
    switch (a, right) {
    case (.constant(let x), .constant(let y)): return .constant(sign == .times ? x * y : x + y)
    case (.constant(let x), .statistic(let statistic, let factor, let offset)),
      (.statistic(let statistic, let factor, let offset), .constant(let x)):
      let result =
        sign == .times
        ? scaled(.statistic(statistic, factor: factor, offset: offset), by: x)
        : Value.statistic(statistic, factor: factor, offset: offset + x)
      let isExtreme = statistic.function == .minimum || statistic.function == .maximum
      guard statistic.function != .countRows, statistic.function != .count,
        isExtreme || statistic.types.contains(.duration(scale: 0))
      else { return result }
      for case .number in statistic.types { return result }
      throw refusal(syntax)
    case (.statistic, .statistic): throw refusal(syntax)
    }
  }

  private func statistic(
    _ name: Name, _ arguments: [SyntaxExpression]?, range: SourceRange
  ) throws(ParleyError) -> Statistic {
    guard let function = Self.function(named: name.text) else {
      if name.text.uppercased() == "COALESCE" {
        throw rows.error(
          "expression-of-statistics", "COALESCE around a statistic is not part of the dialect", at: range,
          remedy: "a statistic of no value is shown as NULL; use COALESCE inside the statistic for single values")
      }
      throw Self.unknownFunction(name, source: rows.source)
    }
    guard let arguments else {
      guard function == .count else {
        throw rows.error(
          "arguments", "\(name.text)(*) means nothing", at: range, remedy: "only COUNT takes *; name a column")
      }
      return Statistic(function: .countRows, arguments: [], types: [])
    }
    if function == .median || function == .quantile { return try ranked(function, arguments, range: range) }
    let wanted = function == .correlation ? 2 : 1
    guard arguments.count == wanted else {
      throw rows.error(
        "arguments",
        "\(name.text) takes \(wanted == 1 ? "one argument" : "two arguments"), not \(arguments.count)",
        at: range, remedy: wanted == 1 ? "write \(name.text)(x)" : "write CORR(x, y)")
    }
    var statistic = Statistic(function: function, arguments: [], types: [])
    for argument in arguments {
      let bound = try rows.bind(argument)
      statistic.arguments.append(try checked(bound, for: function, name: name))
      statistic.types.append(bound.type == .null ? .number(scale: 0) : bound.type)
    }
    return statistic
  }

  /// MEDIAN(x) or QUANTILE(x, share) of a column of numbers. Others are for the other way to compute a query.
  private func ranked(
    _ function: StatisticFunction, _ arguments: [SyntaxExpression], range: SourceRange
  ) throws(ParleyError) -> Statistic {
    var share = Statistic.Share(numerator: 1, denominator: 2)
    if function == .quantile, arguments.count == 2, case .number(let digits, let scale) = arguments[1].kind,
      let numerator = Int(exactly: digits), let denominator = Int(exactly: powerOfTen(scale)),
      0 < numerator, numerator < denominator
    {
      share = .init(numerator: numerator, denominator: denominator)
    } else if function == .quantile || arguments.count != 1 {
      throw rows.error(
        "arguments", "these are no arguments of \(function.rawValue)", at: range,
        remedy: "write MEDIAN(x) or QUANTILE(x, 0.9)")
    }
    let bound = try rows.bind(arguments[0])
    guard case .column = bound.expression, case .number = bound.type else {
      throw rows.error(
        "type", "\(function.rawValue) is of a column of numbers", at: bound.range, remedy: "name a column")
    }
    return Statistic(function: function, arguments: [bound.expression], types: [bound.type], share: share)
  }

  private func checked(
    _ bound: TypedExpression, for function: StatisticFunction, name: Name
  ) throws(ParleyError) -> RowExpression {
    switch (function, bound.type) {
    case (.count, _), (_, .number), (_, .boolean), (.minimum, .date), (.maximum, .date), (.minimum, .category),
      (.maximum, .category), (_, .null), (.minimum, .timestamp), (.maximum, .timestamp), (.minimum, .duration),
      (.maximum, .duration), (.sum, .duration), (.average, .duration):
      return bound.expression
    case (_, .date):
      throw rows.error(
        "type", "\(name.text) of dates is not part of the dialect", at: bound.range,
        remedy: "use COUNT, MIN or MAX of a date, or a numeric column")
    default:
      throw rows.error(
        "type", "\(name.text) needs numbers, and this is \(bound.type.described)", at: bound.range,
        remedy: "count categories with GROUP BY, or choose numbers with CASE WHEN … THEN … END")
    }
  }
}
