import BigInt
import ParleyBase
import ParleyProgram

/// Functions of texts. Texts of tables are their holders' work; those of categories are known, and a function maps them.
extension ExpressionBinder {
  func text(_ call: TextCall, range: SourceRange) throws(ParleyError) -> BoundExpression {
    switch call {
    case .changed(let syntax, _), .part(let syntax, _, _), .length(let syntax), .like(let syntax, _, _, _):
      return try made(call, of: try bind(syntax), range: range)
    case .holds(let a, let b, let place): return try holds(try bind(a), try bind(b), place, range: range)
    case .joined(let parts, let skipsNulls): return try joined(parts, skipsNulls: skipsNulls, range: range)
    }
  }

  // MARK: Functions of one text

  private func made(
    _ call: TextCall, of value: BoundExpression, range: SourceRange
  ) throws(ParleyError) -> BoundExpression {
    func bound(_ expression: Expression, _ type: SQLType) -> BoundExpression {
      BoundExpression(expression: expression, type: type, range: range)
    }
    let inner = value.expression
    switch value.type {
    case .string(let bytes):
      switch call {
      case .changed(_, let function):
        return bound(.changed(inner, function), try string(function.longest(of: bytes), range))
      case .part(_, let from, let length):
        // A character has up to four bytes.
        let longest = max(1, min(bytes, length.map { 4 * $0 } ?? bytes))
        return bound(.substring(inner, from: from, length: length), .string(bytes: longest))
      case .length: return bound(.textLength(inner), .number(scale: 0))
      case .like(_, _, let pattern, let escape):
        return bound(.like(inner, pattern: pattern, escape: escape), .boolean)
      case .holds, .joined: break
      }
    case .category(let list): return try mapped(value, list, range: range) { call.made(of: $0) }
    case .text:
      guard case .text(let constant) = inner, let made = call.made(of: constant.value) else { break }
      switch made {
      case .text(let text): return bound(.text(ExactText(text)), .text)
      case .number(let number): return bound(.integer(BigInt(number)), .number(scale: 0))
      case .condition(let condition): return bound(.boolean(condition), .boolean)
      }
    case .null:
      switch call {
      case .length: return bound(.null(.number(scale: 0)), .number(scale: 0))
      case .like: return bound(.null(.boolean), .boolean)
      default: return bound(.null(.null), .null)
      }
    case .number, .boolean, .date, .timestamp, .duration: break
    }
    throw notAText(value)
  }

  private func notAText(_ value: BoundExpression) -> ParleyError {
    let text = source.text(value.range)
    let isTime = value.type.isTime && value.type != .date
    return error(
      "type", "a text is needed here, and this is \(value.type.described)", at: value.range,
      remedy: isTime
        ? "compare it with <, = and BETWEEN, or use EXTRACT of it"
        : "write CAST(\(text) AS VARCHAR), or compare it with <, = and BETWEEN")
  }

  /// What a function makes of the texts of a category, which are known: of texts another category, in which texts that
  /// have become one are one value.
  private func mapped(
    _ value: BoundExpression, _ list: CategoryList, range: SourceRange, _ function: (String) -> TextCall.Made?
  ) throws(ParleyError) -> BoundExpression {
    var texts: [ExactText] = []
    var numbers: [Expression] = []
    var places: [Int] = []
    var isCondition = false
    for (index, text) in list.texts.enumerated() {
      switch function(text) {
      case .text(let text): texts.append(ExactText(text))
      case .number(let number): numbers.append(.integer(BigInt(number)))
      case .condition(let holds):
        isCondition = true
        if holds { places.append(index) }
      case nil: break
      }
    }
    if isCondition {
      // A position that no text has: false, and unknown where the text is NULL.
      if places.isEmpty { places = [-1] }
      let matches = places.map { Expression.compare(.equal, value.expression, .integer(BigInt($0))) }
      return BoundExpression(expression: .any(matches), type: .boolean, range: range)
    }
    if !numbers.isEmpty {
      let type = SQLType.number(scale: 0)
      return BoundExpression(expression: mapped(value.expression, numbers, type), type: type, range: range)
    }
    let made = CategoryList(constants: Array(Set(texts)))
    let positions = Dictionary(made.values.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
    let type = SQLType.category(made)
    return BoundExpression(
      expression: mapped(value.expression, texts.map { .integer(BigInt(positions[$0] ?? 0)) }, type), type: type,
      range: range)
  }

  private func string(_ bytes: Int, _ range: SourceRange) throws(ParleyError) -> SQLType {
    guard bytes <= TextParts.longestStep else {
      throw error(
        "text-length", "this text could have more than \(TextParts.longestStep) bytes", at: range,
        remedy: "cut what it is made of, as in LEFT(x, 64), or declare its columns shorter")
    }
    return .string(bytes: bytes)
  }

  // MARK: Several texts

  private func holds(
    _ a: BoundExpression, _ b: BoundExpression, _ place: TextPlace, range: SourceRange
  ) throws(ParleyError) -> BoundExpression {
    if case .category(let list) = a.type, case .text(let part) = b.expression {
      return try mapped(a, list, range: range) { .condition(place.holds($0, part.value)) }
    }
    if case .text(let text) = a.expression, case .category(let list) = b.type {
      return try mapped(b, list, range: range) { .condition(place.holds(text.value, $0)) }
    }
    var result = BoundExpression(expression: .null(.boolean), type: .boolean, range: range)
    if a.type == .null || b.type == .null { return result }
    for value in [a, b] { if case .number = value.type { throw notAText(value) } }
    for value in [a, b] where value.type == .boolean || value.type.isTime { throw notAText(value) }
    let x = try asText(a, range: a.range), y = try asText(b, range: b.range)
    if case .text(let text) = x.expression, case .text(let part) = y.expression {
      result.expression = .boolean(place.holds(text.value, part.value))
    } else {
      result.expression = .textHolds(x.expression, y.expression, place)
    }
    return result
  }

  private func joined(
    _ parts: [SyntaxExpression], skipsNulls: Bool, range: SourceRange
  ) throws(ParleyError) -> BoundExpression {
    var values: [BoundExpression] = []
    for part in parts {
      let value = try bind(part)
      if value.type == .null {
        if skipsNulls { continue }
        return BoundExpression(expression: .null(.null), type: .null, range: range)
      }
      values.append(value)
    }
    var isCategory = false
    if values.count(where: { if case .category = $0.type { true } else { false } }) == 1 {
      isCategory = values.allSatisfy { if case .category = $0.type { true } else { $0.type == .text } }
    }
    // NULL counts as no text.
    func present(_ value: BoundExpression) throws(ParleyError) -> BoundExpression {
      guard skipsNulls, registry.isNullable(value.expression) else { return value }
      let none = BoundExpression(expression: .text(""), type: .text, range: value.range)
      let (both, type) = try aligned([value, none], what: "joined")
      return BoundExpression(expression: .coalesce(both), type: type, range: value.range)
    }
    if isCategory, let place = values.firstIndex(where: { $0.type != .text }) {
      func constants(_ values: ArraySlice<BoundExpression>) -> String {
        values.reduce("") { if case .text(let text) = $1.expression { $0 + text.value } else { $0 } }
      }
      let before = constants(values[..<place]), after = constants(values[(place + 1)...])
      let value = try present(values[place])
      guard case .category(let list) = value.type else {
        throw ParleyError(.invariant, "a category changed its type")
      }
      return try mapped(value, list, range: range) { .text(before + $0 + after) }
    }
    var texts: [Expression] = []
    var bytes = 0
    for value in values {
      let one = try present(try asText(value, range: value.range))
      switch (one.expression, texts.last) {
      case (.text(let next), .text(let last)?):
        texts[texts.count - 1] = .text(ExactText(last.value + next.value))
      default: texts.append(one.expression)
      }
      switch (one.type, one.expression) {
      case (.string(let more), _): bytes = min(bytes + more, TextParts.longestStep + 1)
      case (_, .text(let constant)): bytes = min(bytes + constant.value.utf8.count, TextParts.longestStep + 1)
      default: break
      }
    }
    let type = try string(bytes, range)
    switch texts.count {
    case 0: return BoundExpression(expression: .text(""), type: .text, range: range)
    case 1:
      if case .text = texts[0] { return BoundExpression(expression: texts[0], type: .text, range: range) }
      return BoundExpression(expression: texts[0], type: type, range: range)
    default: return BoundExpression(expression: .joined(texts), type: type, range: range)
    }
  }

  /// The text of a number, date or condition that is known.
  private func constant(_ value: BoundExpression) -> String? {
    switch value.expression.simplified {
    case .integer(let number): try? value.type.format.text(of: number)
    case .boolean(let condition): condition ? "true" : "false"
    default: nil
    }
  }

  // MARK: CAST

  /// As results show it; a category's values, and not the labels that results have for them.
  func asText(_ value: BoundExpression, range: SourceRange) throws(ParleyError) -> BoundExpression {
    var result = BoundExpression(expression: value.expression, type: value.type, range: range)
    switch value.type {
    case .string, .text, .null: return result
    case .category(let list):
      result.type = .string(bytes: max(1, list.bytes))
      result.expression = try coerced(value, to: result.type)
    case .number, .date, .boolean:
      if let constant = constant(value) {
        (result.type, result.expression) = (.text, .text(ExactText(constant)))
        return result
      }
      // More than any number that holders share.
      result.type = .string(bytes: value.type == .boolean ? 5 : 42)
      result.expression = .shown(value.expression, value.type.format)
    case .timestamp, .duration:
      throw error(
        "type", "\(value.type.described) cannot be made a text", at: value.range,
        remedy: "select it as it is, in a column of its own")
    }
    return result
  }
}
