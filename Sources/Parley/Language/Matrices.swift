internal import BigInt
internal import ParleyBase
internal import ParleyProgram
internal import ParleySQL

/// A matrix with a row for every row of a table: some of its columns side by side.
///
/// Its rows stay secret, and there are as many as the table has. So there are two kinds of products: from the left with
/// a transposed matrix of the same table, which makes single values of the rows, and from the right with a
/// ``SecretMatrix``. A row takes part where all columns have a value.
public struct SecretColumns<Element: SecretNumber> {
  let workshop: Workshop
  let columns: [SecretFormula]

  /// How many columns there are.
  public var count: Int { columns.count }

  /// The same with a row for every column, and a column for every row of the table.
  public var transposed: TransposedColumns<Element> { TransposedColumns(matrix: self) }

  /// One column; of the first, `index` is 0.
  public subscript(index: Int) -> SecretColumn<Element> { SecretColumn(formula: columns[index]) }

  fileprivate var text: String { "[\(columns.map(\.expression.text).joined(separator: ", "))]" }
}

/// What ``SecretColumns/transposed`` gives.
public struct TransposedColumns<Element: SecretNumber> {
  /// The matrix before it was transposed.
  public let transposed: SecretColumns<Element>

  fileprivate init(matrix: SecretColumns<Element>) { transposed = matrix }
}

/// A matrix of single values.
public struct SecretMatrix<Element: SecretNumber> {
  /// One vector, row by row.
  let formula: SecretFormula
  /// The number of rows, which is public.
  public let rowCount: Int
  /// The number of columns, which is public.
  public let columnCount: Int

  /// One entry, counted from 0. One outside of the matrix is refused (`plan/index`).
  public subscript(
    row: Int, column: Int, file: String = #fileID, line: Int = #line
  ) -> SecretScalar<Element> {
    let (formula, rows, columns) = (formula, rowCount, columnCount)
    return .init(
      formula: SecretFormula.over([formula], "\(formula.expression.text)[\(row), \(column)]") { workshop in
        guard (0..<rows).contains(row), (0..<columns).contains(column) else {
          throw ParleyError(
            .init("plan/index"), "entry [\(row), \(column)] of a matrix of \(rows) × \(columns)",
            at: workshop.builder.origin.map { .init(item: $0) }, remedy: "count rows and columns from 0")
        }
        var value = try formula.built()
        value.node = try workshop.builder.element(value.node, at: row * columns + column)
        return value
      }.placed(file, line))
  }

  /// The matrix with rows and columns exchanged.
  public var transposed: SecretMatrix {
    let (formula, rows, columns) = (formula, rowCount, columnCount)
    guard rows > 1, columns > 1 else {
      return SecretMatrix(formula: formula, rowCount: columns, columnCount: rows)
    }
    return SecretMatrix(
      formula: .over([formula], "transposed(\(formula.expression.text))") { workshop in
        var value = try formula.built()
        var parts: [Program.NodeID] = []
        for column in 0..<columns {
          for row in 0..<rows {
            parts.append(try workshop.builder.element(value.node, at: row * columns + column))
          }
        }
        value.node = try workshop.builder.stack(parts)
        return value
      }, rowCount: columns, columnCount: rows)
  }
}

extension SecureTable {
  /// Columns of this table side by side, as a matrix with a row for every row of the table:
  ///
  /// ```swift
  /// let x = patients.matrix([age.decimal, weight]), y = patients.matrix([pressure])
  /// let gram = x.transposed * x, moments = x.transposed * y
  /// ```
  ///
  /// A row takes part in a product where all columns of both matrices have a value. A product of a transposed matrix is one message, with a
  /// word for every entry, however many rows there are.
  public func matrix<Element>(
    _ columns: [SecretColumn<Element>], file: String = #fileID, line: Int = #line
  ) -> SecretColumns<Element> {
    if columns.isEmpty {
      _ = workshop.fail(
        "plan/empty", "a matrix of table \(name) without columns", at: CallSite(file: file, line: line),
        remedy: "give at least one column")
    }
    return SecretColumns(workshop: workshop, columns: columns.map(\.formula))
  }
}

// MARK: Products

extension SecretFormula {
  private static func checkScale(_ scale: Int, _ workshop: Workshop) throws(ParleyError) {
    guard scale <= 18 else {
      throw ParleyError(
        .init("plan/scale"), "the product has \(scale) decimal places; 18 are the most",
        at: workshop.builder.origin.map { .init(item: $0) }, remedy: "declare columns with fewer places")
    }
  }

  /// All values in units of the finest one.
  private static func aligned(
    _ values: [BuiltValue], _ workshop: Workshop
  ) throws(ParleyError) -> (nodes: [Program.NodeID], scale: Int) {
    let scale = values.map(\.scale).max() ?? 0
    var nodes: [Program.NodeID] = []
    for value in values {
      nodes.append(try workshop.builder.scale(value.node, by: powerOfTen(scale - value.scale)))
    }
    return (nodes, scale)
  }

  private static func all(_ values: [BuiltValue], _ workshop: Workshop) throws(ParleyError) -> Program.NodeID? {
    var bit: Program.NodeID?
    for value in values {
      guard let own = value.isPresent else { continue }
      bit = try bit.map { (bit) throws(ParleyError) in try workshop.builder.and(bit, own) } ?? own
    }
    return bit
  }

  private static func built(_ formulas: [SecretFormula]) throws(ParleyError) -> [BuiltValue] {
    var values: [BuiltValue] = []
    for formula in formulas { values.append(try formula.built()) }
    return values
  }

  /// LᵀR over the rows that all columns have. One side is 0 in the others: the one with fewer columns.
  fileprivate static func columnProduct(
    _ left: [SecretFormula], _ right: [SecretFormula], _ text: String, in workshop: Workshop
  ) -> SecretFormula {
    .over(left + right, text, in: workshop) { workshop in
      let (a, b) = (try built(left), try built(right))
      guard let mask = try all(a + b, workshop) else {
        throw ParleyError(.init("plan/no-rows"), "\(text) has no rows", remedy: "give columns of a table")
      }
      let (x, y) = (try aligned(a, workshop), try aligned(b, workshop))
      try checkScale(x.scale + y.scale, workshop)
      if workshop.builder.program[mask].operation == .bitConstant(false) {
        let zeros = Array(repeating: workshop.builder.constant(0), count: left.count * right.count)
        return BuiltValue(node: try workshop.builder.stack(zeros), scale: x.scale + y.scale)
      }
      let isLeftMasked = left.count <= right.count
      let product = try workshop.builder.columnProduct(
        try rows(x.nodes, where: mask, isMasked: isLeftMasked, workshop),
        try rows(y.nodes, where: mask, isMasked: !isLeftMasked, workshop))
      if workshop.minimum > 1 { try noteEntries(of: product, x.nodes, y.nodes, mask, workshop) }
      return BuiltValue(node: product, scale: x.scale + y.scale)
    }
  }

  /// Values of every row, or 0 where it takes no part.
  private static func rows(
    _ nodes: [Program.NodeID], where mask: Program.NodeID, isMasked: Bool, _ workshop: Workshop
  ) throws(ParleyError) -> [Program.NodeID] {
    let shape = workshop.builder.type(of: mask).shape
    var columns: [Program.NodeID] = []
    for node in nodes {
      let column = isMasked ? try workshop.builder.select(mask, node, workshop.builder.constant(0)) : node
      let isWhole = workshop.builder.type(of: column).shape != .scalar
      columns.append(isWhole ? column : try workshop.builder.spread(column, over: shape))
    }
    return columns
  }

  /// For the rules of release the product is the sums that its entries are, whether or not each of them is shown.
  private static func noteEntries(
    of product: Program.NodeID, _ left: [Program.NodeID], _ right: [Program.NodeID], _ mask: Program.NodeID,
    _ workshop: Workshop
  ) throws(ParleyError) {
    for a in left {
      for b in right {
        let value = try workshop.builder.multiply(a, b)
        let isOne = workshop.builder.type(of: value).shape == .scalar
        workshop.note(isOne ? .count : .sum, product, mask: mask, value: isOne ? nil : value)
      }
    }
  }

  /// Column `place` of XB, whose rows are those that all columns of X have.
  fileprivate static func combination(
    _ columns: [SecretFormula], _ matrix: SecretFormula, place: Int, of count: Int, _ text: String
  ) -> SecretFormula {
    .over(columns + [matrix], text) { workshop in
      let values = try built(columns), factors = try matrix.built()
      let x = try aligned(values, workshop)
      try checkScale(x.scale + factors.scale, workshop)
      var pairs: [(a: Program.NodeID, b: Program.NodeID)] = []
      for (index, column) in x.nodes.enumerated() {
        pairs.append((column, try workshop.builder.element(factors.node, at: index * count + place)))
      }
      return BuiltValue(
        node: try workshop.builder.productSum(pairs), isPresent: try all(values, workshop),
        allRows: values.lazy.compactMap(\.allRows).first, scale: x.scale + factors.scale,
        isRecord: (values + [factors]).contains(where: \.isRecord))
    }
  }

  fileprivate static func matrixProduct(
    _ a: SecretFormula, _ b: SecretFormula, rows: Int, inner: Int, columns: Int
  ) -> SecretFormula {
    .over([a, b], "(\(a.expression.text) * \(b.expression.text))") { workshop in
      let x = try a.built(), y = try b.built()
      try checkScale(x.scale + y.scale, workshop)
      return BuiltValue(
        node: try workshop.builder.matrixProduct(x.node, y.node, rows: rows, inner: inner, columns: columns),
        scale: x.scale + y.scale, isRecord: x.isRecord || y.isRecord)
    }
  }

  /// Σ a·b, in units of the finest product.
  fileprivate static func sumOfProducts(_ pairs: [(SecretFormula, SecretFormula)]) -> SecretFormula {
    let terms = pairs.map { "\($0.expression.text) * \($1.expression.text)" }
    return .over(pairs.flatMap { [$0, $1] }, "(\(terms.joined(separator: " + ")))") { workshop in
      var factors: [(x: BuiltValue, y: BuiltValue)] = []
      for (a, b) in pairs { factors.append((try a.built(), try b.built())) }
      let values = factors.flatMap { [$0.x, $0.y] }
      let scale = factors.map { $0.x.scale + $0.y.scale }.max() ?? 0
      try checkScale(scale, workshop)
      var products: [(a: Program.NodeID, b: Program.NodeID)] = []
      for (x, y) in factors {
        let missing = powerOfTen(scale - x.scale - y.scale)
        products.append((try workshop.builder.scale(x.node, by: missing), y.node))
      }
      return BuiltValue(
        node: try workshop.builder.productSum(products), isPresent: try all(values, workshop),
        allRows: values.lazy.compactMap(\.allRows).first, scale: scale,
        isRecord: values.contains(where: \.isRecord))
    }
  }
}

extension TransposedColumns {
  /// XᵀY: entry [i, j] is the sum of column i of X times column j of Y over the rows that all columns of both have; 0 of no rows.
  public static func * (a: Self, b: SecretColumns<Element>) -> SecretMatrix<Element> {
    let (left, right) = (a.transposed.columns, b.columns)
    return SecretMatrix(
      formula: .columnProduct(
        left, right, "(transposed(\(a.transposed.text)) * \(b.text))",
        in: a.transposed.workshop),
      rowCount: left.count, columnCount: right.count)
  }
  /// Xᵀy: one column of sums.
  public static func * (a: Self, b: SecretColumn<Element>) -> SecretMatrix<Element> {
    a * SecretColumns(workshop: b.formula.workshop, columns: [b.formula])
  }
}

extension SecretColumns {
  /// XB, of which every column is a sum of the columns of X times those of B: a message with a word for every row and column of the result,
  /// however many columns X has.
  public static func * (a: Self, b: SecretMatrix<Element>) -> SecretColumns {
    guard a.count == b.rowCount else {
      let text = "\(a.text) * \(b.formula.expression.text)"
      let (found, needed) = (b.rowCount, a.count)
      return SecretColumns(
        workshop: a.workshop,
        columns: (0..<b.columnCount).map { _ in
          .over([b.formula], text) { workshop in
            throw ParleyError(
              .init("plan/shape"), "\(text) multiplies \(needed) columns with a matrix of \(found) rows",
              at: workshop.builder.origin.map { .init(item: $0) },
              remedy: "take a matrix with a row for every column")
          }
        })
    }
    return SecretColumns(
      workshop: a.workshop,
      columns: (0..<b.columnCount).map { place in
        .combination(
          a.columns, b.formula, place: place, of: b.columnCount,
          "column \(place) of (\(a.text) * \(b.formula.expression.text))")
      })
  }
}

extension SecretMatrix {
  /// The product of two matrices of single values; refused (`plan/shape`) where the columns of one are not as many as the rows of the other.
  public static func * (a: Self, b: Self) -> SecretMatrix {
    SecretMatrix(
      formula: .matrixProduct(
        a.formula, b.formula, rows: a.rowCount, inner: a.columnCount, columns: b.columnCount),
      rowCount: a.rowCount, columnCount: b.columnCount)
  }
}

/// a·b + c·d + … of columns of one table, or of single values: the message of one product, however many there are. Decimal places are those of
/// the finest product. A row takes part where all columns have a value.
public func sumOfProducts<Value: SecretValue>(
  _ first: (Value, Value), _ others: (Value, Value)..., file: String = #fileID, line: Int = #line
) -> Value where Value.Element: SecretNumber {
  .init(
    formula: SecretFormula.sumOfProducts(([first] + others).map { ($0.formula, $1.formula) }).placed(file, line))
}
