/// Formulas in words close to SQL, for plans and disclosure statements. Numbers are in the units in which columns are
/// shared: hundredths for a decimal of scale 2, days for a date.
extension HolderFormula: CustomStringConvertible {
  public var description: String {
    switch self {
    case .column(let name): name
    case .constant(let value): String(value)
    case .bit(let value): value ? "TRUE" : "FALSE"
    case .null: "NULL"
    case .add(let a, let b): "\(a.operand) + \(b.operand)"
    case .subtract(let a, let b): "\(a.operand) - \(b.operand)"
    case .multiply(let a, let b): "\(a.operand) * \(b.operand)"
    case .scale(let a, let factor): "\(a.operand) * \(factor)"
    case .floorQuotient(let a, let divisor): "FLOOR(\(a) / \(divisor))"
    case .floorRemainder(let a, let divisor): "FLOOR_REST(\(a), \(divisor))"
    case .truncatedQuotient(let a, let divisor): "TRUNC(\(a) / \(divisor))"
    case .compare(let comparison, let a, let b): "\(a.operand) \(comparison.sign) \(b.operand)"
    case .not(let a): "NOT \(a.operand)"
    case .and(let a, let b): "\(a.operand) AND \(b.operand)"
    case .or(let a, let b): "\(a.operand) OR \(b.operand)"
    case .isNull(let a): "\(a.operand) IS NULL"
    case .choose(let branches, let otherwise):
      "CASE \(branches.map { "WHEN \($0.condition) THEN \($0.value) " }.joined())ELSE \(otherwise) END"
    case .coalesce(let parts): "COALESCE(\(parts.map(\.description).joined(separator: ", ")))"
    case .calendar(let function, let a): function.description(of: a.description)
    case .like(let text, let pattern, let escape):
      "\(text) LIKE \(HolderText.literal(pattern))"
        + (escape.map { " ESCAPE \(HolderText.literal(String($0)))" } ?? "")
    case .textCompare(let comparison, let a, let b): "\(a) \(comparison.sign) \(b)"
    case .textIsNull(let text): "\(text) IS NULL"
    case .textLength(let text): "LENGTH(\(text))"
    case .textHolds(let a, let b, let place): "\(place.rawValue)(\(a), \(b))"
    case .textPart(let text, let index):
      "BYTES(\(text) FROM \(TextParts.bytesPerPart * index + 1) FOR \(TextParts.bytesPerPart))"
    case .textDigest(let text, let index):
      "BYTES(DIGEST(\(text)) FROM \(TextParts.bytesPerPart * index + 1) FOR \(TextParts.bytesPerPart))"
    }
  }

  /// In parentheses where it would bind otherwise.
  private var operand: String {
    switch self {
    case .constant(let value) where value < 0: "(\(value))"
    case .column, .constant, .bit, .null, .floorQuotient, .floorRemainder, .truncatedQuotient, .choose, .coalesce,
      .calendar, .textPart, .textDigest, .textLength, .textHolds:
      description
    default: "(\(self))"
    }
  }
}

extension HolderText: CustomStringConvertible {
  public var description: String {
    switch self {
    case .column(let name): name
    case .literal(let text):
      "'\(text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''"))'"
    case .substring(let text, let from, let length):
      "SUBSTRING(\(text) FROM \(from)\(length.map { " FOR \($0)" } ?? ""))"
    case .null: "NULL"
    case .changed(let text, let function): function.description(of: text.description)
    case .joined(let parts): "(\(parts.map(\.description).joined(separator: " || ")))"
    case .choose(let branches, let otherwise):
      "CASE \(branches.map { "WHEN \($0.condition) THEN \($0.text) " }.joined())ELSE \(otherwise) END"
    case .coalesce(let parts): "COALESCE(\(parts.map(\.description).joined(separator: ", ")))"
    case .shown(let value, let format):
      if case .decimal(let scale) = format {
        "CAST(\(value) * 0.\(String(repeating: "0", count: max(0, scale - 1)))1 AS VARCHAR)"
      } else {
        "CAST(\(value) AS VARCHAR)"
      }
    }
  }
}

extension Program.Comparison {
  fileprivate var sign: String {
    switch self {
    case .less: "<"
    case .lessOrEqual: "<="
    case .equal: "="
    }
  }
}
