import BigInt
import ParleyBase
import ParleyProgram

/// Functions of categories and constants, whose texts are known. Texts of tables are the work of relational queries.
extension RowBinder {
  /// Categories of more values are their holders' work too.
  private static var mostValues: Int { KeyDomain.maximumValues }

  /// Nil where the expression is no such function, or one of something else.
  func text(_ syntax: SyntaxExpression) throws(ParleyError) -> TypedExpression? {
    guard let call = try TextCallReader(source: source).call(syntax) else { return nil }
    switch call {
    case .changed(let operand, _), .part(let operand, _, _), .length(let operand), .like(let operand, _, _, _):
      return made(of: try bind(operand), range: syntax.range) { call.made(of: $0) }
    case .holds(let a, let b, let place):
      let x = try bind(a), y = try bind(b)
      if let part = y.text { return made(of: x, range: syntax.range) { .condition(place.holds($0, part.value)) } }
      guard let text = x.text else { return nil }
      return made(of: y, range: syntax.range) { .condition(place.holds(text.value, $0)) }
    // NULL counts as a text there.
    case .joined(_, skipsNulls: true): return nil
    case .joined(let parts, skipsNulls: false):
      var before = "", after = ""
      var category: TypedExpression?
      for part in parts {
        let value = try bind(part)
        if let text = value.text {
          if category == nil { before += text.value } else { after += text.value }
        } else {
          guard category == nil else { return nil }
          category = value
        }
      }
      guard let category else { return constant(.text(before), syntax.range) }
      return made(of: category, range: syntax.range) { .text(before + $0 + after) }
    }
  }

  private func constant(_ made: TextCall.Made, _ range: SourceRange) -> TypedExpression {
    switch made {
    case .text(let text):
      TypedExpression(expression: .integer(0), type: .text, range: range, text: ExactText(text))
    case .number(let number):
      TypedExpression(expression: .integer(BigInt(number)), type: .number(scale: 0), range: range)
    case .condition(let holds): TypedExpression(expression: .boolean(holds), type: .boolean, range: range)
    }
  }

  private func made(
    of value: TypedExpression, range: SourceRange, _ function: (String) -> TextCall.Made?
  ) -> TypedExpression? {
    if let text = value.text { return function(text.value).map { constant($0, range) } }
    guard case .category(let list) = value.type, !list.values.isEmpty, list.values.count <= Self.mostValues
    else { return nil }
    let made = list.texts.compactMap(function)
    var texts: [ExactText] = []
    var numbers: [RowExpression] = []
    var places: [Int] = []
    for (index, one) in made.enumerated() {
      switch one {
      case .text(let text): texts.append(ExactText(text))
      case .number(let number): numbers.append(.integer(BigInt(number)))
      case .condition(let holds): if holds { places.append(index) }
      }
    }
    guard made.count == list.values.count else { return nil }
    if texts.isEmpty, numbers.isEmpty {
      // A position that no text has: false, and unknown where the text is NULL.
      if places.isEmpty { places = [-1] }
      let matches = places.map { RowExpression.equal(value.expression, .integer(BigInt($0))) }
      return TypedExpression(expression: .any(matches[...]), type: .boolean, range: range)
    }
    guard !texts.isEmpty else {
      return TypedExpression(
        expression: mapped(value.expression, numbers), type: .number(scale: 0), range: range)
    }
    let categories = CategoryList(constants: Array(Set(texts)))
    let positions = texts.map { RowExpression.integer(BigInt(categories.position(of: $0) ?? 0)) }
    return TypedExpression(
      expression: mapped(value.expression, positions), type: .category(categories), range: range)
  }

  /// The result for each position of a category.
  func mapped(_ expression: RowExpression, _ results: [RowExpression]) -> RowExpression {
    guard let last = results.last else { return expression }
    var branches = results.dropLast().enumerated().map { index, result in
      RowExpression.Branch(condition: .equal(expression, .integer(BigInt(index))), result: result)
    }
    // A group of NULL is listed where there can be one; a choice of one constant would be no group key.
    if case .column(let index) = expression, !table.columns[index].isNullable, !branches.isEmpty {
      return .choose(branches, otherwise: last)
    }
    branches.insert(.init(condition: .isNull(expression), result: .null(isCondition: false)), at: 0)
    return .choose(branches, otherwise: last)
  }
}
