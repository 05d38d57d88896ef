internal import BigInt
package import ParleyBase

/// What a formula comes to over one holder's rows.
package struct HolderValues: Sendable {
  enum Numbers: Sendable {
    case words([Int64])
    case wide([BigInt])
  }
  var numbers: Numbers
  /// True where there is no value; nil where there always is one.
  package var isNull: [Bool]?

  /// The integers as machine words, anything where there is no value; nil where one does not fit.
  package var words: [Int64]? {
    switch numbers {
    case .words(let values): return values
    case .wide(let values):
      var words: [Int64] = []
      words.reserveCapacity(values.count)
      for (row, value) in values.enumerated() {
        if let word = Int64(exactly: value) {
          words.append(word)
        } else if isNull?[row] == true {
          words.append(0)
        } else {
          return nil
        }
      }
      return words
    }
  }
  var wide: [BigInt] {
    switch numbers {
    case .words(let values): values.map { BigInt($0) }
    case .wide(let values): values
    }
  }
}

extension HolderFormula {
  /// The value of every row, exactly.
  ///
  /// Cost: one pass over the rows for each node, and 8 bytes a row and node while it runs. It computes in machine words
  /// where the declared ranges allow. Rows must keep these ranges; readers check that they do.
  /// - Parameter digester: of the session, where a formula has digests of texts.
  /// - Throws: `plan/formula` for a formula that does not fit the table; `plan/text-digest` for a digest without
  ///   `digester`.
  package func values(
    of data: TableData, _ schema: TableSchema, digester: (any TextDigester)? = nil
  ) throws(ParleyError) -> HolderValues {
    _ = try facts(in: schema)
    return try FormulaRun(data: data, schema: schema, digester: digester).values(self)
  }
}

/// The evaluation of a formula that fits its table.
struct FormulaRun {
  let data: TableData
  let schema: TableSchema
  let digester: (any TextDigester)?
  var count: Int { data.rowCount }

  func values(_ formula: HolderFormula) throws(ParleyError) -> HolderValues {
    switch formula {
    case .column(let name):
      let column = try data.column(name, schema)
      return HolderValues(numbers: .words(column.values), isNull: column.isNull.isEmpty ? nil : column.isNull)
    case .constant(let value):
      guard let word = Int64(exactly: value) else {
        return HolderValues(numbers: .wide(Array(repeating: value, count: count)))
      }
      return HolderValues(numbers: .words(Array(repeating: word, count: count)))
    case .bit(let value): return HolderValues(numbers: .words(Array(repeating: value ? 1 : 0, count: count)))
    case .null:
      return HolderValues(
        numbers: .words(Array(repeating: 0, count: count)), isNull: Array(repeating: true, count: count))
    case .add(let a, let b): return try binary(formula, a, b, { $0 &+ $1 }, +)
    case .subtract(let a, let b): return try binary(formula, a, b, { $0 &- $1 }, -)
    case .multiply(let a, let b): return try binary(formula, a, b, { $0 &* $1 }, *)
    case .scale(let a, let factor):
      let word = Int64(exactly: factor)
      return try unary(formula, a, word.map { factor in { $0 &* factor } }, { $0 * factor })
    case .floorQuotient(let a, let divisor):
      let word = Int64(exactly: divisor)
      return try unary(
        formula, a,
        word.map { divisor in
          {
            let (quotient, remainder) = $0.quotientAndRemainder(dividingBy: divisor)
            return remainder < 0 ? quotient - 1 : quotient
          }
        }, { $0.flooredQuotient(by: divisor) })
    case .floorRemainder(let a, let divisor):
      let word = Int64(exactly: divisor)
      return try unary(
        formula, a,
        word.map { divisor in
          {
            let remainder = $0 % divisor
            return remainder < 0 ? remainder + divisor : remainder
          }
        }, { $0 - $0.flooredQuotient(by: divisor) * divisor })
    case .truncatedQuotient(let a, let divisor):
      let word = Int64(exactly: divisor)
      return try unary(formula, a, word.map { divisor in { $0 / divisor } }, { $0 / divisor })
    case .compare(let comparison, let a, let b): return try compare(comparison, try values(a), try values(b))
    case .not(let a):
      var x = try values(a)
      x.numbers = .words(bits(x).map { 1 - $0 })
      return x
    case .and(let a, let b): return kleene(try values(a), try values(b), decisive: 0)
    case .or(let a, let b): return kleene(try values(a), try values(b), decisive: 1)
    case .isNull(let a): return bits(nullsOf: try values(a).isNull)
    case .choose(let branches, let otherwise): return try choose(branches, otherwise)
    case .coalesce(let parts):
      var result = try values(.null)
      for part in parts {
        guard let missing = result.isNull else { break }
        result = choose(missing, try values(part), result)
      }
      return result
    case .calendar(let function, let a):
      return try unary(formula, a, { Int64(function.value(of: Int($0))) }, function.value(of:))
    case .like(let text, let pattern, let escape):
      let pattern = try TextPattern(pattern, escape: escape)
      let texts = try texts(text)
      return HolderValues(numbers: .words(texts.map { pattern.matches($0) ? 1 : 0 }), isNull: texts.isNull)
    case .textCompare(let comparison, let a, let b):
      let x = try texts(a), y = try texts(b)
      let words = (0..<count).map { row -> Int64 in
        let first = x[row].utf8, second = y[row].utf8
        let holds =
          switch comparison {
          case .less: first.lexicographicallyPrecedes(second)
          case .lessOrEqual: !second.lexicographicallyPrecedes(first)
          case .equal: first.elementsEqual(second)
          }
        return holds ? 1 : 0
      }
      return HolderValues(numbers: .words(words), isNull: either(x.isNull, y.isNull))
    case .textIsNull(let text): return bits(nullsOf: try texts(text).isNull)
    case .textLength(let text):
      let texts = try texts(text)
      return HolderValues(numbers: .words(texts.map { Int64($0.unicodeScalars.count) }), isNull: texts.isNull)
    case .textHolds(let a, let b, let place):
      let x = try texts(a), y = try texts(b)
      let words = (0..<count).map { row -> Int64 in place.holds(x[row], y[row]) ? 1 : 0 }
      return HolderValues(numbers: .words(words), isNull: either(x.isNull, y.isNull))
    case .textPart(let text, let index):
      let texts = try texts(text)
      return HolderValues(numbers: .words(texts.map { TextParts.value($0, index: index) }), isNull: texts.isNull)
    case .textDigest(let text, let index):
      guard let digester else {
        throw ParleyError(
          .init("plan/text-digest"),
          "a text of table \(schema.name) is shared as a digest, and there is no key for it",
          at: .init(item: "\(schema.name).\(text)"),
          remedy: "deal the rows in a session, which agrees on the key")
      }
      let texts = try texts(text)
      return HolderValues(
        numbers: .words(texts.map { digester.digest(of: $0)[index] }), isNull: texts.isNull)
    }
  }

  // MARK: Numbers

  private func unary(
    _ formula: HolderFormula, _ a: HolderFormula, _ word: ((Int64) -> Int64)?, _ wide: (BigInt) -> BigInt
  ) throws(ParleyError) -> HolderValues {
    let x = try values(a)
    if let word, try fits(formula), case .words(let values) = x.numbers {
      return HolderValues(numbers: .words(values.map(word)), isNull: x.isNull)
    }
    return HolderValues(numbers: .wide(x.wide.map(wide)), isNull: x.isNull)
  }

  private func binary(
    _ formula: HolderFormula, _ a: HolderFormula, _ b: HolderFormula, _ word: (Int64, Int64) -> Int64,
    _ wide: (BigInt, BigInt) -> BigInt
  ) throws(ParleyError) -> HolderValues {
    let x = try values(a), y = try values(b)
    let isNull = either(x.isNull, y.isNull)
    if try fits(formula), case .words(let first) = x.numbers, case .words(let second) = y.numbers {
      return HolderValues(numbers: .words(zip(first, second).map(word)), isNull: isNull)
    }
    return HolderValues(numbers: .wide(zip(x.wide, y.wide).map(wide)), isNull: isNull)
  }

  /// Whether no value of the node leaves a machine word.
  private func fits(_ formula: HolderFormula) throws(ParleyError) -> Bool {
    try formula.facts(in: schema).range.signedWidth <= 64
  }

  private func compare(
    _ comparison: Program.Comparison, _ x: HolderValues, _ y: HolderValues
  ) throws(ParleyError) -> HolderValues {
    func holds<T: Comparable>(_ a: T, _ b: T) -> Int64 {
      switch comparison {
      case .less: a < b ? 1 : 0
      case .lessOrEqual: a <= b ? 1 : 0
      case .equal: a == b ? 1 : 0
      }
    }
    let isNull = either(x.isNull, y.isNull)
    if case .words(let a) = x.numbers, case .words(let b) = y.numbers {
      return HolderValues(numbers: .words(zip(a, b).map(holds)), isNull: isNull)
    }
    return HolderValues(numbers: .words(zip(x.wide, y.wide).map(holds)), isNull: isNull)
  }

  // MARK: Logic

  func bits(_ x: HolderValues) -> [Int64] {
    guard case .words(let words) = x.numbers else { return Array(repeating: 0, count: count) }
    return words
  }

  private func bits(nullsOf isNull: [Bool]?) -> HolderValues {
    HolderValues(numbers: .words(isNull.map { $0.map { $0 ? 1 : 0 } } ?? Array(repeating: 0, count: count)))
  }

  func either(_ a: [Bool]?, _ b: [Bool]?) -> [Bool]? {
    guard let a, let b else { return a ?? b }
    return zip(a, b).map { $0 || $1 }
  }

  /// AND (0 decides) or OR (1 decides): a decisive operand decides alone, otherwise NULL makes NULL.
  private func kleene(_ x: HolderValues, _ y: HolderValues, decisive: Int64) -> HolderValues {
    let a = bits(x), b = bits(y)
    var words: [Int64] = []
    var isNull: [Bool] = []
    words.reserveCapacity(count)
    for row in 0..<count {
      let aNull = x.isNull?[row] ?? false, bNull = y.isNull?[row] ?? false
      let isDecided = (!aNull && a[row] == decisive) || (!bNull && b[row] == decisive)
      words.append(isDecided ? decisive : 1 - decisive)
      isNull.append(!isDecided && (aNull || bNull))
    }
    return HolderValues(numbers: .words(words), isNull: x.isNull == nil && y.isNull == nil ? nil : isNull)
  }

  private func choose(
    _ branches: [HolderFormula.Branch], _ otherwise: HolderFormula
  ) throws(ParleyError) -> HolderValues {
    var result = try values(otherwise)
    for branch in branches.reversed() {
      let condition = try values(branch.condition)
      let bits = bits(condition)
      let applies = (0..<count).map { bits[$0] == 1 && !(condition.isNull?[$0] ?? false) }
      result = choose(applies, try values(branch.value), result)
    }
    return result
  }

  private func choose(_ condition: [Bool], _ x: HolderValues, _ y: HolderValues) -> HolderValues {
    var isNull: [Bool]?
    if x.isNull != nil || y.isNull != nil {
      let nulls = condition.indices.map { condition[$0] ? x.isNull?[$0] ?? false : y.isNull?[$0] ?? false }
      if nulls.contains(true) { isNull = nulls }
    }
    if case .words(let a) = x.numbers, case .words(let b) = y.numbers {
      return HolderValues(numbers: .words(condition.indices.map { condition[$0] ? a[$0] : b[$0] }), isNull: isNull)
    }
    let a = x.wide, b = y.wide
    return HolderValues(numbers: .wide(condition.indices.map { condition[$0] ? a[$0] : b[$0] }), isNull: isNull)
  }
}

extension TableData {
  /// The column of a name with a cell for every row.
  /// - Throws: `data/missing-column`.
  package func column(_ name: String, _ schema: TableSchema) throws(ParleyError) -> Column {
    guard let position = schema.columns.firstIndex(where: { $0.name == name }), columns.indices.contains(position)
    else { throw missing(name, schema) }
    let column = columns[position]
    var cells = column.values.count
    if case .text = schema.columns[position].type { cells = column.texts.count }
    guard cells == rowCount, column.isNull.isEmpty || column.isNull.count == rowCount else {
      throw missing(name, schema)
    }
    return column
  }

  private func missing(_ name: String, _ schema: TableSchema) -> ParleyError {
    ParleyError(
      .init("data/missing-column"), "table \(schema.name) has no data for column \(name)",
      at: .init(item: "\(schema.name).\(name)"))
  }
}
