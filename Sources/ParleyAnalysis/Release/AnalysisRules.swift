import BigInt
package import ParleyBase
package import ParleyNumerics
package import ParleyProgram

/// The release rules of what an analysis computes itself: counts that must hold are collected while it is built, and everything it
/// discloses is 0, with one bit `withheld` opened, where one of them does not.
///
/// `docs/proofs/release-models.md` has the argument. The rules of queries that an analysis asks are those of SQL.
package struct AnalysisRules: Sendable {
  /// A node of the program that is built.
  package typealias NodeID = Program.NodeID
  /// The analysis, for names of disclosures.
  package let analysis: String
  /// Who learns the results.
  package let recipients: [String]
  /// Nothing rests on fewer than these, unless on nobody; 0 where nothing is withheld.
  package let minimum: Int
  /// How much each row counts, 0 in rows that are not used; nil where all count the same.
  var weights: NodeID?
  /// Scalar bits, 1 where a rule does not hold.
  private var violations: [NodeID] = []
  /// Scalar bits, 1 where there is nothing that could be shown.
  private var failures: [NodeID] = []

  package init(analysis: String, recipients: [String], minimum: Int) {
    self.analysis = analysis
    self.recipients = recipients
    self.minimum = minimum
  }

  /// Whether anything is withheld at all.
  package var isOn: Bool { minimum > 1 }

  /// Nothing is shown unless a count is at least the minimum.
  ///
  /// - Parameter count: a scalar of at least 0.
  package mutating func requireEnough(
    _ count: NodeID, _ builder: inout ProgramBuilder
  ) throws(ParleyError) {
    guard isOn else { return }
    violations.append(try builder.compare(.less, count, builder.constant(BigInt(minimum))))
  }

  /// Nothing is shown unless a count is at least this, also where no minimum holds.
  ///
  /// - Parameter count: a scalar of at least 0.
  package mutating func requireAlways(
    _ count: NodeID, atLeast least: Int, _ builder: inout ProgramBuilder
  ) throws(ParleyError) {
    violations.append(try builder.compare(.less, count, builder.constant(BigInt(least))))
  }

  /// Nothing is shown where a count is 1 to one below the minimum.
  ///
  /// - Parameter count: a scalar of at least 0.
  package mutating func requireNoneOrEnough(
    _ count: NodeID, _ builder: inout ProgramBuilder
  ) throws(ParleyError) {
    guard isOn else { return }
    violations.append(try isFew(count, &builder))
  }

  /// The bit of each count that it is 1 to one below the minimum.
  package func isFew(_ count: NodeID, _ builder: inout ProgramBuilder) throws(ParleyError) -> NodeID {
    try builder.and(
      try builder.compare(.less, builder.constant(0), count),
      try builder.compare(.less, count, builder.constant(BigInt(minimum))))
  }

  /// A further reason: a scalar bit that is 1 where nothing may be shown.
  package mutating func withhold(where violated: NodeID) { if isOn { violations.append(violated) } }

  /// Nothing can be estimated of the data where a scalar bit is 1: everything is 0 then, and one bit says so. Which check failed is not learnt.
  package mutating func fail(where bit: NodeID) { failures.append(bit) }

  /// 1 where something does not hold; nil where nothing has to.
  package func isWithheld(_ builder: inout ProgramBuilder) throws(ParleyError) -> NodeID? {
    try Self.any(violations, &builder)
  }

  /// 1 where nothing can be estimated, and nothing is withheld; nil where everything can be.
  package func isNotEstimable(_ builder: inout ProgramBuilder) throws(ParleyError) -> NodeID? {
    guard let failed = try Self.any(failures, &builder) else { return nil }
    guard let isWithheld = try isWithheld(&builder) else { return failed }
    return try builder.and(failed, try builder.not(isWithheld))
  }

  private static func any(_ bits: [NodeID], _ builder: inout ProgramBuilder) throws(ParleyError) -> NodeID? {
    guard let first = bits.first else { return nil }
    var bit = first
    for other in bits.dropFirst() { bit = try builder.or(bit, other) }
    return bit
  }

  /// One column of a result: a vector with an element for each row.
  package struct Column {
    /// The heading.
    package var name: String
    /// What is opened, once nothing is withheld: integers, one for each row.
    package var value: NodeID
    /// How it is shown.
    package var format: Program.ResultTable.Format
    /// What recipients learn, in words.
    package var explanation: String
    /// Largest difference from the exact value, as a decimal text.
    package var precision: String
    /// 1 in rows where there is no value; nil where there always is one.
    package var isNull: NodeID?
    /// Of a float its exponents; nil of any other format.
    package var exponent: NodeID?
    package init(
      _ name: String, _ value: NodeID, format: Program.ResultTable.Format = .integer, precision: String = "0",
      isNull: NodeID? = nil, _ explanation: String
    ) {
      (self.name, self.value, self.format, self.explanation) = (name, value, format, explanation)
      (self.precision, self.isNull) = (precision, isNull)
    }
    /// Numbers that are rounded to so many significant bits.
    package init(
      _ name: String, float: FloatOutput, significantBits: Int, _ explanation: String
    ) {
      self.init(
        name, float.mantissa, format: .float(significantBits: significantBits),
        precision: "2^-\(significantBits) of the number", explanation)
      exponent = float.exponent
    }
  }

  /// Adds a result table of opened columns, all 0 where the analysis is withheld or cannot be estimated.
  ///
  /// - Parameters:
  ///   - table: the part of its name after the analysis's.
  ///   - rows: how many it has; every key has so many labels, every column so many elements.
  ///   - hidden: bits, one for each row, of rows that are not shown for reasons of their own; they count as withheld.
  package func disclose(
    _ table: String, rows: Int, keys: [Program.ResultTable.Key], columns: [Column], hidden: NodeID? = nil,
    derived: [Derived] = [], figure: Figure? = nil, caption: [Caption] = [], shown: [String] = [],
    _ builder: inout ProgramBuilder
  ) throws(ParleyError) {
    let name = "\(analysis).\(table)"
    var isWithheld = try isWithheld(&builder)
    if let hidden {
      isWithheld = try isWithheld.map { (bit) throws(ParleyError) in try builder.or(hidden, bit) } ?? hidden
    }
    var withheldID: Program.DisclosureID?
    if let isWithheld {
      withheldID = builder.disclose(
        .init(
          name: "\(name).withheld", node: isWithheld, recipients: recipients, meaning: .outcome,
          explanation: hidden == nil
            ? "One bit: 1 where the analysis is withheld because a rule of release does not hold; which one is not learnt."
            : "One bit for each row: 1 where it is not shown, or the analysis is withheld because a rule of release does not hold; which one is not learnt."
        ))
    }
    var result = Program.ResultTable(
      name: name, groupCount: rows, keys: keys, columns: [], order: keys.indices.map { -1 - $0 }, isAbsent: nil,
      isWithheld: withheldID, derived: derived, figure: figure, caption: caption, shown: shown)
    var isZero = isWithheld
    if let isNotEstimable = try isNotEstimable(&builder) {
      result.isNotEstimable = builder.disclose(
        .init(
          name: "\(name).not estimable", node: isNotEstimable, recipients: recipients, meaning: .outcome,
          explanation:
            "One bit: 1 where what is asked for cannot be estimated from the data, or not with so many passes; why is not learnt."
        ))
      isZero =
        try isZero.map { (bit) throws(ParleyError) in try builder.or(bit, isNotEstimable) } ?? isNotEstimable
    }
    for column in columns {
      var isMeaningless = isZero
      var nullID: Program.DisclosureID?
      if var isNull = column.isNull {
        if let isZero { isNull = try builder.and(isNull, try builder.not(isZero)) }
        nullID = builder.disclose(
          .init(
            name: "\(name).\(column.name) is null", node: isNull, recipients: recipients, meaning: .outcome,
            explanation: "One bit for each row: 1 where '\(column.name)' has no value."))
        isMeaningless =
          try isMeaningless.map { (bit) throws(ParleyError) in try builder.or(bit, isNull) } ?? isNull
      }
      var value = column.value
      if let isMeaningless { value = try builder.select(isMeaningless, builder.constant(0), value) }
      let id = builder.disclose(
        .init(
          name: "\(name).\(column.name)", node: value, recipients: recipients, meaning: .statistic,
          explanation: "\(column.name): \(column.explanation)"))
      var parts: [Program.DisclosureID] = []
      if var exponent = column.exponent {
        if let isMeaningless { exponent = try builder.select(isMeaningless, builder.constant(0), exponent) }
        parts.append(
          builder.disclose(
            .init(
              name: "\(name).\(column.name), exponent", node: exponent, recipients: recipients,
              meaning: .statistic,
              explanation: "\(column.name): the powers of 2 by which these numbers are multiplied.")))
      }
      result.order.append(result.columns.count)
      result.columns.append(
        .init(
          name: column.name, value: id, furtherParts: parts, isNull: nullID, format: column.format,
          precision: column.precision))
    }
    builder.result(result)
  }
}
