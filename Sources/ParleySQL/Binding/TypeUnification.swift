import BigInt
import ParleyBase
import ParleyProgram

/// One type for several expressions that meet: in a comparison, in the branches of a CASE, in COALESCE.
extension RowBinder {
  /// - Parameter areShown: they become values of one column, so that their labels have to be alike as well.
  func common(
    _ parts: [TypedExpression], what: String, areShown: Bool = false
  ) throws(ParleyError) -> SQLType {
    var type = SQLType.null
    var constants: [ExactText] = []
    for part in parts {
      if let text = part.text, !constants.contains(text) { constants.append(text) }
      switch (type, part.type) {
      case (_, .null): break
      case (.null, let other): type = other
      case (.number(let x), .number(let y)): type = .number(scale: max(x, y))
      case (.duration(let x), .duration(let y)): type = .duration(scale: max(x, y))
      case (.boolean, .boolean), (.date, .date), (.text, .text), (.category, .text): break
      case (.timestamp, .timestamp), (.timestamp, .date), (.timestamp, .text), (.date, .text): break
      case (.date, .timestamp), (.text, .timestamp), (.text, .date): type = part.type
      case (.text, .category(let values)): type = .category(values)
      case (.category(let x), .category(let y)):
        guard x.values == y.values else {
          throw error(
            "type", "two categories with different lists of values are \(what)", at: part.range,
            remedy: "declare the same list of values for both columns")
        }
        guard !areShown || x == y else {
          throw error(
            "label", "two categories with different labels are \(what)", at: part.range,
            remedy: "label the values alike in the study, or write the texts out with CASE")
        }
      default:
        throw error(
          "type", "\(type.described) and \(part.type.described) are \(what)", at: part.range,
          remedy: Self.remedyForUnlike(type, part.type))
      }
    }
    switch type {
    case .text: return .category(CategoryList(constants: constants))
    case .category(let list) where list.isOfConstants:
      return .category(CategoryList(list, CategoryList(constants: constants)))
    default: return type
    }
  }

  /// The expression in the integers of `type`, which ``common(_:what:)`` returned for it.
  func coerced(_ part: TypedExpression, to type: SQLType) throws(ParleyError) -> RowExpression {
    switch (part.type, type) {
    case (.null, _): return .null(isCondition: type == .boolean)
    case (.number(let x), .number(let y)), (.duration(let x), .duration(let y)):
      return scaled(part.expression, by: powerOfTen(y - x))
    case (.date, .timestamp): return part.expression.times(TimeNumber<RowExpression>.secondsOfDay)
    case (.text, .date), (.text, .timestamp): return try timeConstant(part, isDate: type == .date)
    case (.text, .category(let list)):
      let text = part.text ?? ExactText("")
      guard let position = list.position(of: text) else {
        throw error(
          "unknown-value",
          "'\(text.value)' is not among the declared values\(didYouMean(text.value, among: list.texts))",
          at: part.range, remedy: "the values are \(Self.listed(list.texts))")
      }
      return .integer(BigInt(position))
    case (.category(let from), .category(let to)) where from.values != to.values:
      // Only lists of constants grow.
      let positions = from.values.map { RowExpression.integer(BigInt(to.position(of: $0) ?? 0)) }
      return mapped(part.expression, positions)
    default: return part.expression
    }
  }

  private static func listed(_ values: [String]) -> String {
    let shown = values.prefix(20).map { "'\($0)'" }.joined(separator: ", ")
    return values.count > 20 ? "\(shown) and \(values.count - 20) more" : shown
  }
}
