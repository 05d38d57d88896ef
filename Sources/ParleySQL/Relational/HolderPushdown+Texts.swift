import BigInt
import ParleyProgram

/// Functions of texts only holders can do, so what is made of several tables is taken apart as far as it goes.
extension HolderPushdown {
  /// What the holder computes for its rows, and what it would be of NULLs where an outer join has no row of the table;
  /// nil for what the computation can do itself.
  func unmatched(_ written: Expression, of scan: Int) -> Expression? {
    guard written.isTextWork, let table = tables[scan], let base = written.columns.min(),
      let alone = ofNulls(written, table)
    else { return nil }
    // NULL where there is no row, which no column of the table has to be otherwise.
    let isThere = derived(.isNull(.column(base)), scan)
    let value = derived(written, scan)
    for id in [isThere, value] { registry[id].isNullable = true }
    return .choose([.init(condition: .isNull(.column(isThere)), result: alone)], otherwise: .column(value))
  }

  func ofNulls(_ written: Expression, _ table: TableSchema) -> Expression? {
    let formulas = HolderFormulas(registry: registry)
    if let text = formulas.text(written) {
      guard let value = try? text.ofNulls(in: table) else {
        return (try? text.longest(in: table)).map { .null(.string(bytes: max(1, $0))) }
      }
      return .text(ExactText(value))
    }
    guard let formula = formulas.formula(written), let values = try? formula.values(of: .nulls(table), table),
      let word = values.words?.first
    else { return nil }
    let isCondition = registry.type(of: written) == .boolean
    if values.isNull?[0] == true { return .null(isCondition ? .boolean : .number(scale: 0)) }
    return isCondition ? .boolean(word == 1) : .integer(BigInt(word))
  }
}

extension Expression {
  /// A function of texts.
  var isTextWork: Bool {
    switch self {
    case .like, .substring, .changed, .joined, .shown, .textLength, .textHolds: true
    default: false
    }
  }

  /// A function of one text that is a choice as the choice of its values; nil for anything else.
  var splitText: Expression? {
    let of: (Expression) -> Expression
    let operand: Expression
    switch self {
    case .like(let a, let pattern, let escape):
      (operand, of) = (a, { .like($0, pattern: pattern, escape: escape) })
    case .substring(let a, let from, let length):
      (operand, of) = (a, { .substring($0, from: from, length: length) })
    case .changed(let a, let function): (operand, of) = (a, { .changed($0, function) })
    case .textLength(let a): (operand, of) = (a, { .textLength($0) })
    default: return nil
    }
    switch operand {
    case .choose(let branches, let otherwise):
      return .choose(
        branches.map { Branch(condition: $0.condition, result: of($0.result).ofConstant) },
        otherwise: of(otherwise).ofConstant)
    case .coalesce(let parts):
      guard let last = parts.last else { return nil }
      return .choose(
        parts.dropLast().map { Branch(condition: .not(.isNull($0)), result: of($0).ofConstant) },
        otherwise: of(last).ofConstant)
    default: return nil
    }
  }

  /// The value of a function of a constant.
  private var ofConstant: Expression {
    switch self {
    case .substring(.text(let text), let from, let length):
      let rest = text.value.unicodeScalars.dropFirst(from - 1)
      return .text(ExactText(String(String.UnicodeScalarView(length.map { rest.prefix($0) } ?? rest))))
    case .changed(.text(let text), let function): return .text(ExactText(function.applied(to: text.value)))
    case .textLength(.text(let text)): return .integer(BigInt(text.value.unicodeScalars.count))
    case .like(.text(let text), let pattern, let escape):
      guard let pattern = try? TextPattern(pattern.value, escape: escape) else { return self }
      return .boolean(pattern.matches(text.value))
    case .substring(.null(let type), _, _), .changed(.null(let type), _): return .null(type)
    case .textLength(.null): return .null(.number(scale: 0))
    case .like(.null, _, _): return .null(.boolean)
    default: return self
    }
  }
}
