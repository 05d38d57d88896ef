package import BigInt
package import ParleyBase
package import ParleyNumerics
package import ParleyProgram

/// The columns of a model, one for each coefficient: the constant first where there is one, then each term with deviation from 1 to 2.
///
/// Columns are scaled by powers of two that nobody sees (docs/proofs/scaling.md): Σ z² ≤ 5n over the n rows that are used. Rows that are not
/// used are 0 everywhere. ``RawCoefficients`` are coefficients of the columns as they were.
package struct Design: Sendable {
  package typealias NodeID = Program.NodeID
  /// A term and its column.
  package struct Column: Sendable {
    package let term: DesignTerm
    /// Where a column of two values has the greater one; nil of other numbers.
    package let bit: NodeID?
    package let scaled: ScaledColumn
    /// What was subtracted before, so that the values begin at 0.
    let origin: BigInt
    /// The decimals of the column.
    let decimals: Int
  }
  package let terms: [Column]
  package let hasConstant: Bool
  /// The rows that it has.
  package let frame: AnalysisFrame
  /// With ``ProgramBuilder/scaledBits`` fraction bits, exactly.
  package let columns: [Fixed]
  /// The bits of all terms that are 0 or 1, and of the references of categories, each once; 0 in rows that are not used.
  package let conditions: [NodeID]
  /// Of rows that stand for several; nil where each stands for itself.
  package let weights: RowWeights?
  /// How many rows are used, at least 1; with weights the sum of these.
  package let rows: NodeID
  /// At most so many rows are used; with weights, at most this is their sum.
  package let mostRows: Int
  /// rows = mantissa · 2^-shift: sums over rows are divided by ``divisor``.
  package let size: LeadingOne

  /// Coefficients.
  package var order: Int { columns.count }
  /// Of the coefficients.
  package var names: [String] { (hasConstant ? ["const"] : []) + terms.map(\.term.name) }
  /// log2 of a bound on the rows: sums are divided by 2^(this − shift), which is more than the rows and at most twice them.
  package var sizeBits: Int { size.width + spareBits }
  /// By so many more powers of two sums are divided, so that there is room for a penalty beside them.
  private let spareBits: Int

  /// The most rows of a model.
  package static let mostRows = 1 << 17
  /// Widths of columns are below 2^this.
  package static let mostBits = 20
  /// Decimals of columns.
  static let mostDecimals = 6

  /// Checks what can be checked before anything is computed.
  ///
  /// - Throws: `analysis/predictors` for more coefficients than can be computed or than the rows can bear, `analysis/rows` for more rows.
  package static func check(
    coefficients: Int, rows maximumRows: Int, at key: String, _ settings: AnalysisSettings
  ) throws(ParleyError) {
    let most = ProgramBuilder.greatestOrder
    guard coefficients <= most else {
      throw settings.error(
        "predictors", "\(settings.what) has \(coefficients) coefficients; \(most) are the most",
        at: key,
        remedy: "choose fewer predictors, or categories of fewer values")
    }
    let fewest = AnalysisRules.fewestRows(ofCoefficients: coefficients)
    guard maximumRows >= fewest else {
      throw settings.error(
        "predictors",
        "\(settings.what) has \(coefficients) coefficients and at most \(maximumRows) rows; so many coefficients need \(fewest)",
        at: key,
        remedy:
          "choose fewer predictors, or categories of fewer values; or raise maximum-rows, if there are more"
      )
    }
    guard maximumRows <= mostRows else {
      throw settings.error(
        "rows", "\(settings.what) can have \(maximumRows) rows; \(mostRows) are the most",
        remedy: "lower maximum-rows of the table, if there are fewer")
    }
  }

  /// Builds the columns, and adds the rules that each must hold.
  ///
  /// - Parameter spareBits: sums are divided by twice as much for each.
  /// - Throws: `analysis/predictors`, `analysis/rows`; `analysis/type` of a column whose range is too wide.
  package init(
    _ terms: [DesignTerm], at key: String = "predictors", constant hasConstant: Bool, spareBits: Int = 0,
    frame: AnalysisFrame, weights: RowWeights? = nil,
    _ rules: inout AnalysisRules, _ builder: inout ProgramBuilder
  ) throws(ParleyError) {
    let order = terms.count + (hasConstant ? 1 : 0)
    try Self.check(
      coefficients: order, rows: frame.maximumRows, at: key, frame.rows.analysis.settings)
    self.frame = frame
    self.hasConstant = hasConstant
    self.spareBits = spareBits
    try rules.requireRows(frame.used, forCoefficients: order, &builder)
    self.weights = weights
    mostRows = frame.maximumRows * (weights?.most ?? 1)
    if let weights { try rules.weigh(weights.values, &builder) }
    rows = try builder.atLeast(weights?.total ?? frame.used, 1)
    size = try builder.leadingOne(of: rows)
    var made: [Column] = []
    for term in terms {
      made.append(try Self.column(term, at: key, frame, (rows, mostRows, weights), &rules, &builder))
    }
    self.terms = made
    var conditions: [[NodeID]] = []
    var last: String?
    for column in made {
      var bits = column.bit.map { [$0] } ?? []
      if case .category(_, let reference) = column.term.value {
        bits.append(try frame.bit(column.term.column, is: BigInt(reference), &builder))
      }
      if let other = try Self.other(column.term, frame, &builder) { bits.append(other) }
      if bits.isEmpty { continue }
      if column.term.column != last { conditions.append([]) }
      last = column.term.column
      for bit in bits where !conditions.joined().contains(bit) { conditions[conditions.count - 1].append(bit) }
    }
    self.conditions = Array(conditions.joined())
    try rules.requirePairs(of: conditions, among: frame.isUsed, &builder)
    var columns: [Fixed] = []
    if hasConstant {
      let one = try builder.scale(
        try builder.integer(fromBit: frame.isUsed), by: BigInt(1) << ProgramBuilder.scaledBits)
      columns.append(builder.fixed(one, fractionBits: ProgramBuilder.scaledBits))
    }
    self.columns = columns + made.map(\.scaled.value)
  }

  private static func column(
    _ term: DesignTerm, at key: String, _ frame: AnalysisFrame,
    _ counted: (rows: NodeID, most: Int, weights: RowWeights?), _ rules: inout AnalysisRules,
    _ builder: inout ProgramBuilder
  ) throws(ParleyError) -> Column {
    func scaled(_ node: NodeID) throws(ParleyError) -> ScaledColumn {
      try builder.scaled(
        node, counting: frame.isUsed, rows: counted.rows, most: counted.most, weights: counted.weights?.values)
    }
    func condition(_ bit: NodeID) throws(ParleyError) -> Column {
      try rules.requireBoth(bit, of: frame.used, &builder)
      return Column(
        term: term, bit: bit, scaled: try scaled(try builder.integer(fromBit: bit)), origin: 0,
        decimals: 0)
    }
    if let other = try other(term, frame, &builder) { try rules.requireBoth(other, of: frame.used, &builder) }
    switch term.value {
    case .missing:
      return try condition(
        try builder.and(frame.isUsed, try builder.not(frame.isPresent(term.column))))
    case .condition: return try condition(try frame.bit(term.column, is: 1, &builder))
    case .category(let value, let reference):
      // That of the reference has enough rows too: once for each column that is compared with it, which is one gate.
      try rules.requireBoth(
        try frame.bit(term.column, is: BigInt(reference), &builder), of: frame.used, &builder)
      return try condition(try frame.bit(term.column, is: BigInt(value), &builder))
    case .number:
      let value = try frame.number(term.column, &builder)
      var range = try frame.range(of: term.column)
      let judged = try frame.judgedRange(of: term.column)
      var bit: NodeID?
      if judged.upper - judged.lower == 1 {
        var own = try condition(try frame.bit(term.column, is: judged.upper, &builder))
        own = Column(
          term: term, bit: own.bit, scaled: own.scaled, origin: judged.lower,
          decimals: try frame.scale(of: term.column))
        guard frame.isOptional(term.column), judged.lower != 0 else { return own }
        // Where it is missing it is 0, which is neither of the two.
        bit = own.bit
      }
      try rules.requireSpread(of: value, within: judged, in: frame.isPresent(term.column), &builder)
      // Where it is missing it is 0, which a column that is moved would not be.
      if frame.isOptional(term.column) { range = range.union(.exactly(0)) }
      let (column, origin) = try shifted(value, range, at: key, name: term.column, frame, &builder)
      return Column(
        term: term, bit: bit, scaled: try scaled(column), origin: origin,
        decimals: try frame.scale(of: term.column))
    }
  }

  /// Of a column of two values that may be missing, the bit of the one that is not the condition: with where it is missing there are three sets of
  /// rows.
  private static func other(
    _ term: DesignTerm, _ frame: AnalysisFrame, _ builder: inout ProgramBuilder
  ) throws(ParleyError) -> NodeID? {
    guard frame.isOptional(term.column) else { return nil }
    switch term.value {
    case .condition: return try frame.bit(term.column, is: 0, &builder)
    case .number:
      let judged = try frame.judgedRange(of: term.column)
      return judged.upper - judged.lower == 1 ? try frame.bit(term.column, is: judged.lower, &builder) : nil
    case .category, .missing: return nil
    }
  }

  /// Whether columns of such a range can be scaled.
  static func fits(_ lower: BigInt, _ upper: BigInt, decimals: Int) -> Bool {
    (upper - lower).magnitude.bitWidth <= mostBits && decimals <= mostDecimals
      && max(lower.magnitude, upper.magnitude).bitWidth <= 24
  }

  /// Values that begin at 0, where they are far from it.
  ///
  /// - Throws: `analysis/type` of a column whose range is too wide.
  package static func shifted(
    _ value: NodeID, _ range: Interval, at key: String, name: String, _ frame: AnalysisFrame,
    _ builder: inout ProgramBuilder
  ) throws(ParleyError) -> (value: NodeID, origin: BigInt) {
    let settings = frame.rows.analysis.settings
    let width = range.upper - range.lower
    let decimals = try frame.scale(of: name)
    guard fits(range.lower, range.upper, decimals: decimals)
    else {
      throw settings.error(
        "type",
        "'\(key)' of \(settings.what) names '\(name)', which has values from \(range.lower) to \(range.upper), counted in its last decimal: a model takes ranges of fewer than 2^\(mostBits) steps, within ±2^24, of at most \(mostDecimals) decimals",
        at: key,
        remedy:
          "narrow its range in the study; or let each holder bring a coarser number, such as thousands, as a column of its file"
      )
    }
    guard range.lower > 0 || range.upper < 0 else { return (value, 0) }
    let moved = try builder.subtract(value, builder.constant(range.lower))
    return (
      try builder.select(frame.isUsed, moved, builder.constant(0), within: Interval(0, width)),
      range.lower
    )
  }

  /// A column of numbers as an outcome, scaled as the others are, and the rules that it must hold.
  ///
  /// - Throws: `analysis/type` of a column whose range is too wide.
  package func outcome(
    _ name: String, at key: String, _ rules: inout AnalysisRules, _ builder: inout ProgramBuilder
  ) throws(ParleyError) -> ScaledOutcome {
    let term = DesignTerm(column: name, name: name, value: try frame.isCondition(name) ? .condition : .number)
    let column = try Self.column(term, at: key, frame, (rows, mostRows, weights), &rules, &builder)
    return ScaledOutcome(scaled: column.scaled, origin: column.origin, decimals: column.decimals)
  }

  // MARK: Sums over rows

  /// Values of rows times the weights of the rows: what sums are made of in which every row counts as often as its weight says.
  package func weighted(
    _ values: [NodeID], _ builder: inout ProgramBuilder
  ) throws(ParleyError) -> [NodeID] {
    guard let weights else { return values }
    var products: [NodeID] = []
    for value in values { products.append(try builder.multiply(weights.values, value)) }
    return products
  }
  package func weighted(_ value: NodeID, _ builder: inout ProgramBuilder) throws(ParleyError) -> NodeID {
    try weighted([value], &builder)[0]
  }

  /// Σ z² of a row is at most this, for every row.
  package var reach: Rational {
    Rational(BigInt(hasConstant ? 1 : 0)) + Rational(BigInt(5 * mostRows * terms.count))
  }

  /// What sums are divided by in ``mean(of:fractionBits:perRow:error:_:)`` is 2^-this; a scalar.
  package func perRow(_ builder: inout ProgramBuilder) throws(ParleyError) -> NodeID {
    try builder.subtract(size.shift, builder.constant(BigInt(sizeBits)))
  }

  /// The columns rounded to fewer fraction bits: at most half a unit away.
  package func shortened(to bits: Int, _ builder: inout ProgramBuilder) throws(ParleyError)
    -> [NodeID]
  {
    var nodes: [NodeID] = []
    for column in columns { nodes.append(try builder.rounded(column, to: bits).node) }
    return nodes
  }

  /// Sums over the rows divided by 2^(``sizeBits`` − shift), so that they are means but for a factor from 1/2 to 1.
  ///
  /// - Parameters:
  ///   - sums: whole numbers, one or several.
  ///   - perRow: every sum is at most this for each row that is used, in magnitude: by the inequality of Cauchy and Schwarz where columns are
  ///     factors, whatever single rows are.
  ///   - error: the same of how far they are from what they stand for.
  package func mean(
    of sums: NodeID, fractionBits: Int, perRow: Rational, error: Dyadic,
    _ builder: inout ProgramBuilder
  ) throws(ParleyError) -> Fixed {
    let bound = (perRow * .power(fractionBits + size.width)).ceiling
    let whole = (perRow * Rational(BigInt(mostRows)) * .power(fractionBits)).ceiling
    let known = try builder.known(sums, within: Interval(-whole, whole), by: .cauchySchwarz)
    // rows · 2^shift < 2^width.
    let moved = try builder.known(
      try builder.multiply(known, size.power), within: Interval(-bound, bound), by: .cauchySchwarz)
    return builder.fixed(moved, fractionBits: fractionBits + sizeBits, error: error)
  }
}
