import BigInt
import ParleyBase
import ParleyProgram

/// One type for several expressions that meet: in a comparison, in the branches of a CASE, in COALESCE.
extension RowBinder {
  func common(_ parts: [TypedExpression], what: String) throws(ParleyError) -> SQLType {
    var type = SQLType.null
    var labels: [String] = []
    for part in parts {
      if let text = part.text, !labels.contains(text) { labels.append(text) }
      switch (type, part.type) {
      case (_, .null): break
      case (.null, let other): type = other
      case (.number(let x), .number(let y)): type = .number(scale: max(x, y))
      case (.boolean, .boolean), (.date, .date), (.text, .text), (.category, .text): break
      case (.text, .category(let values)): type = .category(values)
      case (.category(let x), .category(let y)):
        guard x == y else {
          throw error(
            "type", "two categories with different lists of values are \(what)", at: part.range,
            remedy: "declare the same list of values for both columns")
        }
      case (.date, .text), (.text, .date):
        throw error(
          "type", "a date and a text are \(what)", at: part.range, remedy: "write dates as DATE 'YYYY-MM-DD'")
      default:
        throw error(
          "type", "\(type.described) and \(part.type.described) are \(what)", at: part.range,
          remedy: "use values of one type")
      }
    }
    return type == .text ? .category(labels) : type
  }

  /// The expression in the integers of `type`, which ``common(_:what:)`` returned for it.
  func coerced(_ part: TypedExpression, to type: SQLType) throws(ParleyError) -> RowExpression {
    switch (part.type, type) {
    case (.null, _): return .null(isCondition: type == .boolean)
    case (.number(let x), .number(let y)): return scaled(part.expression, by: powerOfTen(y - x))
    case (.text, .category(let values)):
      let text = part.text ?? ""
      guard let position = values.firstIndex(of: text) else {
        throw error(
          "unknown-value", "'\(text)' is not among the declared values\(didYouMean(text, among: values))",
          at: part.range, remedy: "the values are \(Self.listed(values))")
      }
      return .integer(BigInt(position))
    default: return part.expression
    }
  }

  private static func listed(_ values: [String]) -> String {
    let shown = values.prefix(20).map { "'\($0)'" }.joined(separator: ", ")
    return values.count > 20 ? "\(shown) and \(values.count - 20) more" : shown
  }
}
