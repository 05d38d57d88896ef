import BigInt
package import ParleyBase
package import ParleyProgram

/// What the opened values of one column are, for the statement that the parties sign.
package struct DisclosedColumn: Hashable, Sendable {
  /// What kind of information they are.
  package var meaning: Program.Disclosure.Meaning
  /// In words, what the recipients learn.
  package var explanation: String
  /// Largest difference from the exact value, as a decimal text.
  package var precision: String
  /// How its values are shown; nil: as those of its type are.
  package var format: Program.ResultTable.Format?
  /// A column; see the properties.
  package init(
    meaning: Program.Disclosure.Meaning = .recordValue, explanation: String = "a column of the result's rows",
    precision: String = "0", format: Program.ResultTable.Format? = nil
  ) {
    self.meaning = meaning
    self.explanation = explanation
    self.precision = precision
    self.format = format
  }
}

extension TableBuilder {
  /// A set of a group's rows that must hold no unit, or enough.
  package struct ContributorCount: Hashable, Sendable {
    /// The column that counts the set's units.
    package var column: Int
    /// Units that must be in the set, if any are.
    package var threshold: Int
    /// The units of one set.
    package init(column: Int, threshold: Int) {
      self.column = column
      self.threshold = threshold
    }
  }

  /// A public number of rows, and the column that counts how many of these are in each group.
  package struct Total: Hashable {
    /// The public number, an integer scalar.
    package var rows: NodeID
    /// The column that counts them.
    package var column: Int
    /// A total; columns by place.
    package init(rows: NodeID, column: Int) {
      self.rows = rows
      self.column = column
    }
  }

  /// What few units bring may be no more than so many percent of what all bring; both are 0 or more, and NULL is 0.
  package struct DominanceLimit: Hashable {
    /// The column with what the largest units bring.
    package var largest: Int
    /// The column with what all bring.
    package var total: Int
    /// The most that they may make up in percent, 1 to 99.
    package var percent: Int
    /// A limit; columns by place.
    package init(largest: Int, total: Int, percent: Int) {
      self.largest = largest
      self.total = total
      self.percent = percent
    }
  }

  private mutating func weight(_ column: TableColumn) throws(ParleyError) -> NodeID {
    let value = try number(column)
    guard let isNull = column.isNull else { return value }
    return try masked(value, by: try builder.not(isNull))
  }

  /// The bit of every group that it may be shown, where all are of too few units whatever the data is.
  ///
  /// - Parameter result: the query's name, by which reasons are watched.
  package mutating func noShownGroups(_ table: SecretTable, of result: String) throws(ParleyError) -> NodeID {
    if builder.isWatched {
      let isValid = try full(try valid(table), table.shape)
      builder.watch(.few, of: result, isValid)
      builder.watch(.hidden, of: result, isValid)
    }
    return builder.constant(false)
  }

  /// The bit of every group that it may be shown; arbitrary where there is no row.
  ///
  /// Small groups may not be shown. Where a withheld count could be computed from a total, larger groups are withheld
  /// with them. The rule is that of docs/proofs/suppression.md, over the groups that there are.
  ///
  /// - Parameters:
  ///   - rows: the column that counts a group's rows.
  ///   - sizes: the column by which groups are compared: the same, or that of their different units, of which each group has some.
  ///   - contributors: a group in which one of these counts is below its threshold, but not 0, is small.
  ///   - dominance: a group in which the largest exceed this share of the total is small.
  ///   - areInSeveralGroups: units may have rows in several groups, so that counts of small groups do not add up.
  ///   - totals: public numbers of rows; what they have more than all groups together must not be small either.
  ///   - minimum: at least 2.
  ///   - result: the query's name, by which reasons are watched.
  package mutating func shownGroups(
    _ table: SecretTable, rows: Int, sizes: Int, contributors: [ContributorCount],
    dominance: [DominanceLimit] = [],
    areInSeveralGroups: Bool = false, totals: [Total] = [], below minimum: Int, of result: String = ""
  ) throws(ParleyError) -> NodeID {
    let zero = builder.constant(0), limit = builder.constant(BigInt(minimum))
    let isValid = try valid(table)
    let size = try full(try masked(try number(table.columns[sizes]), by: isValid), table.shape)
    var isSmall = try builder.and(isValid, try builder.compare(.less, size, limit))
    if builder.isWatched { builder.watch(.few, of: result, try full(isSmall, table.shape)) }
    for contributor in contributors where contributor != .init(column: sizes, threshold: minimum) {
      let count = try number(table.columns[contributor.column])
      let threshold = builder.constant(BigInt(contributor.threshold))
      let isBelow = try builder.and(
        try builder.compare(.less, zero, count), try builder.compare(.less, count, threshold))
      let isPart = try builder.and(isValid, isBelow)
      isSmall = try builder.or(isSmall, isPart)
      if builder.isWatched { builder.watch(.part, of: result, try full(isPart, table.shape)) }
    }
    for limit in dominance {
      let allowed = try builder.scale(try weight(table.columns[limit.total]), by: BigInt(limit.percent))
      let largest = try builder.scale(try weight(table.columns[limit.largest]), by: 100)
      let exceeds = try builder.compare(.less, allowed, largest)
      let isDominated = try builder.and(isValid, exceeds)
      isSmall = try builder.or(isSmall, isDominated)
      if builder.isWatched { builder.watch(.dominated, of: result, try full(isDominated, table.shape)) }
    }
    isSmall = try full(isSmall, table.shape)
    let isCandidate = try builder.and(isValid, try builder.not(isSmall))

    // Two different small counts, together at least the minimum, protect each other.
    let smallCounts = try builder.select(isSmall, size, zero)
    let largestSmall = try builder.extremum(.maximum, smallCounts)
    let differs = try builder.any(
      try full(try builder.and(isSmall, try builder.compare(.less, size, largestSmall)), table.shape))
    let isMany = try builder.compare(.lessOrEqual, limit, try builder.sum(smallCounts))
    let areProtected = areInSeveralGroups ? builder.constant(false) : try builder.and(differs, isMany)
    let isExposed = try builder.and(try builder.any(isSmall), try builder.not(areProtected))

    // If not, the next larger groups go with them; ties go together.
    let beyond = builder.constant(type(size).range.upper + 1)
    let isLarger = try builder.and(isCandidate, try builder.compare(.less, largestSmall, size))
    let next = try builder.extremum(.minimum, try builder.select(isLarger, size, beyond))
    let isComplement = try builder.and(isExposed, try builder.compare(.lessOrEqual, size, next))
    var isShown = try builder.and(isCandidate, try builder.not(isComplement))
    if minimum < 3, rows == sizes {
      // Two rows in two groups would be one each, were it not for this.
      isShown = try builder.and(
        isShown, try builder.compare(.lessOrEqual, builder.constant(3), try builder.sum(size)))
    }
    for total in totals {
      let counted =
        total.column == sizes
        ? size : try full(try masked(try number(table.columns[total.column]), by: isValid), table.shape)
      let left = try builder.subtract(total.rows, try builder.sum(counted))
      let isLeftSmall = try builder.and(
        try builder.compare(.less, zero, left), try builder.compare(.less, left, limit))
      isShown = try builder.and(isShown, try builder.not(isLeftSmall))
    }
    if builder.isWatched {
      builder.watch(.hidden, of: result, try builder.and(isValid, try builder.not(isShown)))
    }
    return isShown
  }

  /// Opens the valid rows to the recipients, provided that what the tables so far assume of the data holds.
  ///
  /// Every slot is opened: whether it has a row, and in those that have, the values that are not NULL; all else is 0.
  /// Unless the rows are wanted in their order they are shuffled first, so that their places say nothing.
  /// - Parameters:
  ///   - isOrdered: the rows were sorted last; ties among them are broken at random if they are not yet.
  ///   - bound: the most rows that the result can have; where it has more nothing is shown.
  ///   - details: by column.
  package mutating func disclose(
    _ table: SecretTable, name: String, recipients: [String], isOrdered: Bool, bound: Int? = nil,
    details: [Int: DisclosedColumn] = [:]
  ) throws(ParleyError) {
    let table = try arranged(try bounded(table, bound), isOrdered: isOrdered)
    var columns: [Program.ResultTable.Column] = []
    let isValid = table.isValid
    var isAbsent: Program.DisclosureID?
    if let isValid {
      isAbsent = builder.disclose(
        .init(
          name: "\(name).absent", node: try full(try builder.not(isValid), table.shape), recipients: recipients,
          meaning: .outcome, explanation: "how many rows the result '\(name)' has"))
    }
    for (index, column) in table.columns.enumerated() {
      let detail = details[index] ?? DisclosedColumn()
      var isNull: Program.DisclosureID?
      if let bit = column.isNull {
        isNull = builder.disclose(
          .init(
            name: "\(name).\(column.name).null", node: bit, recipients: recipients, meaning: .outcome,
            explanation: "where column '\(column.name)' of the result '\(name)' is NULL"))
      }
      try checkCalendar(column, of: name)
      let parts = column.parts.enumerated().map { part, node in
        let suffix = part == 0 ? "" : ".\(part + 1)"
        return builder.disclose(
          .init(
            name: "\(name).\(column.name)\(suffix)", node: node, recipients: recipients,
            meaning: detail.meaning, explanation: detail.explanation))
      }
      columns.append(
        .init(
          name: column.name, value: parts[0], furtherParts: Array(parts.dropFirst()), isNull: isNull,
          format: detail.format ?? column.type.format, precision: detail.precision))
    }
    builder.result(
      .init(
        name: name, groupCount: nil, keys: [], columns: columns, order: Array(columns.indices),
        isAbsent: isAbsent, isWithheld: nil))
    try requireAssumptions()
  }

  /// - Throws: `plan/overflow` for dates and times that no calendar has: what is opened then could not be shown, and would look like
  /// the fault of whoever shared it.
  private func checkCalendar(_ column: TableColumn, of result: String) throws(ParleyError) {
    var most = BigInt(Program.ResultTable.Format.mostDays)
    switch column.type.format {
    case .date: break
    case .timestamp: most *= 86_400
    default: return
    }
    guard case .integer(let range) = builder.program[column.parts[0]].type.sort,
      range.lower <= -most || range.upper >= most
    else { return }
    throw ParleyError(
      .init("plan/overflow"),
      "column '\(column.name)' of the result '\(result)' can be a date that no calendar has",
      remedy:
        "add less to the date: declare a narrower range for what is added, or bound it with LEAST and GREATEST")
  }

  private mutating func bounded(_ table: SecretTable, _ bound: Int?) throws(ParleyError) -> SecretTable {
    guard let bound, bound < maximumRows(table) else { return table }
    return try compacted(table, bound: bound)
  }

  /// Makes requirements of the program of what is assumed of the data so far: one bit for each kind of assumption.
  package mutating func requireAssumptions() throws(ParleyError) {
    var open = assumptions[...]
    assumptions = []
    while let first = open.first {
      let same = open.filter { $0.message == first.message && $0.remedy == first.remedy }
      open = open.filter { $0.message != first.message || $0.remedy != first.remedy }[...]
      var violated = builder.constant(false)
      for assumption in same { violated = try builder.or(violated, assumption.violated) }
      builder.require(.init(violated: violated, message: first.message, remedy: first.remedy))
    }
  }

  /// The rows as they are opened: values of other slots 0, places without meaning.
  private mutating func arranged(_ table: SecretTable, isOrdered: Bool) throws(ParleyError) -> SecretTable {
    var result = table
    if isOrdered {
      guard let order = table.order else {
        throw refusal("order", "a result is wanted in order, and its rows are in none", "sort it first")
      }
      let columns = order.keys.reduce(into: Set<Int>()) { $0.formUnion($1.columns) }
      let isTotal = order.areTiesRandom || isUnique(columns, in: table)
      result = isTotal ? try validFirst(table) : try sortedByOrder(try shuffled(table))
      result.order?.isValidFirst = true
    }
    result = try cutToBound(isOrdered ? result : try slimmed(result))
    if let isValid = result.isValid { result.isValid = try full(isValid, result.shape) }
    let shape = result.shape
    for index in result.columns.indices {
      var column = result.columns[index]
      if let isNull = column.isNull {
        for part in column.parts.indices {
          column.parts[part] = try masked(column.parts[part], by: try builder.not(isNull))
        }
      }
      if let isValid = result.isValid {
        for part in column.parts.indices { column.parts[part] = try masked(column.parts[part], by: isValid) }
        column.isNull = try column.isNull.map { (isNull) throws(ParleyError) in
          try builder.and(isNull, isValid)
        }
      }
      column.parts = try full(column.parts, shape)
      column.isNull = try column.isNull.map { (isNull) throws(ParleyError) in try full(isNull, shape) }
      result.columns[index] = column
    }
    if isOrdered || hasTellingOrder(table) { return result }
    result.order = nil
    return try shuffled(result)
  }

  /// The order of the rows says no more than their values: valid ones first, then by opened columns that tell rows apart.
  private func hasTellingOrder(_ table: SecretTable) -> Bool {
    guard let order = table.order, order.isValidFirst || table.isValid == nil, !order.keys.isEmpty,
      order.keys.allSatisfy({ !$0.columns.isEmpty })
    else { return table.shape == .scalar }
    return isUnique(order.keys.reduce(into: Set<Int>()) { $0.formUnion($1.columns) }, in: table)
  }
}

extension SecretType {
  /// How opened integers of the type are shown.
  package var format: Program.ResultTable.Format {
    switch self {
    case .integer: .integer
    case .timestamp: .timestamp
    case .text: .text
    case .decimal(let scale): scale == 0 ? .integer : .decimal(scale: scale)
    case .boolean: .boolean
    case .date: .date
    case .category(let labels): .category(labels)
    }
  }
}
