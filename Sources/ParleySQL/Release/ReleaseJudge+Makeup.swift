import ParleyBase
import ParleyProgram

/// What the rows of a plan are put together from, and what follows from a part of them.
///
/// A row of a join has a part for each protected table, each grouping of single units and each union that it comes from. Where another
/// table multiplies a part, whoever wrote that table decides how often, and its columns tell the copies apart. So values are
/// added up of parts that are in one row at most, and groups and conditions are of what follows from the rows that name
/// the unit.
extension ReleaseJudge {
  struct Makeup {
    /// Of protected rows.
    var parts: Set<Int> = []
    /// Those of which each row is in one row at most.
    var once: Set<Int> = []
    var dependencies: [Dependency] = []
    var multiplied: Set<Int> { parts.subtracting(once) }
  }
  /// Rows with the same values of some columns have the same of others.
  struct Dependency {
    var from: Set<ColumnID>
    var to: Set<ColumnID>
  }

  func makeup(of scan: Scan) -> Makeup {
    var makeup = Makeup()
    let own = Set(scan.columns)
    // Rows in which a key is NULL need not differ.
    for key in RelationalPlan.scan(scan).uniqueKeys
    where !key.contains(where: { registry.isNullable(.column($0)) }) {
      makeup.dependencies.append(.init(from: key, to: own))
    }
    for condition in scan.filter.flatMap(\.conjuncts) { makeup.take(condition, columns) }
    return makeup
  }

  /// A part that no table has: numbers of tables are not negative.
  mutating func newPart(_ columns: Set<ColumnID>) -> Int {
    let part = -1 - columnsOfPart.count
    columnsOfPart[part] = columns
    return part
  }

  /// Columns that are the same in all rows in which one of the parts' rows is.
  func determined(by parts: Set<Int>, _ makeup: Makeup) -> Set<ColumnID> {
    determined(by: parts.reduce(into: Set<ColumnID>()) { $0.formUnion(columnsOfPart[$1] ?? []) }, makeup)
  }
  /// Columns that are the same in all rows with the same values of these.
  func determined(by columns: Set<ColumnID>, _ makeup: Makeup) -> Set<ColumnID> {
    var known = columns
    var open = makeup.dependencies
    while let place = open.firstIndex(where: { $0.from.isSubset(of: known) }) {
      known.formUnion(open.remove(at: place).to)
    }
    return known
  }

  // MARK: Conditions on rows

  /// What holds in the rows that a filter leaves.
  func take(_ conditions: [Expression], _ rows: inout Rows) throws(ParleyError) {
    let conjuncts = conditions.flatMap(\.conjuncts)
    for conjunct in conjuncts { rows.makeup.take(conjunct, columns) }
    guard !rows.slots.isEmpty else { return }
    for conjunct in conjuncts where conjunct.equalColumns == nil {
      let used = columns.bases(of: [conjunct])
      for part in rows.makeup.multiplied.sorted() {
        let own = determined(by: [part], rows.makeup)
        guard used.isDisjoint(with: own) || used.isSubset(of: own) else {
          throw refusal(
            .shape,
            "a condition is about \(name(part)) and about a table that multiplies its rows, so that copies of one row could be told apart",
            remedy:
              "write conditions about one table each, with AND between them; or declare 'unique' in the study where every row meets one row at most"
          )
        }
      }
    }
  }

  /// The table of a part, in words.
  func name(_ part: Int) -> String {
    columns.scans[part].map { "'\($0.table.name)'" } ?? "what is grouped or united"
  }

  // MARK: Windows

  /// Functions of a row and its neighbours are values of the row; those of a whole partition stand in several of its rows and
  /// are none, nor are those with conditions in them.
  mutating func taking(_ step: WindowStep, _ given: Rows) -> Rows {
    guard !given.slots.isEmpty else { return given }
    var rows = given
    let part = newPart(Set(step.functions.map(\.id)))
    // Rows are as they were: where one of their parts is in several, so are these.
    rows.makeup.parts.insert(part)
    if rows.makeup.multiplied.subtracting([part]).isEmpty { rows.makeup.once.insert(part) }
    for column in step.functions {
      switch column.function {
      case .lag(let argument, _), .lead(let argument, _):
        guard let argument = try? resolved(argument) else { continue }
        var reader = ReleaseArgument(columns.facts, where: clauses(over: [argument]), isOfUnit: true)
        reader.read(value: argument, isSummed: true)
        let areOnce = reader.values.allSatisfy { isValue($0, of: given) }
        let tables = Set(reader.values.map { columns.scans(of: [.column($0)]) })
        if reader.objection == nil, reader.conditions.isEmpty, areOnce, tables.count <= 1 {
          values[column.id] = part
          note(argument)
        }
        neighbours[column.id] = columns.sources(of: [argument])
      case .rowNumber: values[column.id] = part
      default: continue
      }
    }
    return rows
  }

  // MARK: Values that are added up

  /// A column of protected rows, or a value of each unit, of which every row adds its own once.
  func isValue(_ id: ColumnID, of rows: Rows) -> Bool {
    values[columns.root(id)].map(rows.makeup.once.contains) ?? false
  }

  /// - Parameter isRepeatable: it makes no difference to the statistic how often a value is there.
  func checkValues(_ used: Set<ColumnID>, of rows: Rows, isRepeatable: Bool) throws(ParleyError) {
    for id in used.sorted() {
      let name = registry[id].name
      if columns.mixed.contains(id) {
        throw refusal(
          .argument, "'\(name)' is not a column of its own in every part of the union",
          remedy:
            "select a column of a table in every part, each under one name, and use constants of parts as group keys only"
        )
      }
      guard let part = values[columns.root(id)] else {
        throw refusal(
          .argument,
          "a statistic is of '\(name)', which is no column of a protected table and no statistic of each unit, so that any condition may be hidden in it",
          remedy:
            "use statistics of columns of protected tables; what is looked up in other tables, keys that are computed, and windows over several rows may be group keys and stand in conditions"
        )
      }
      guard isRepeatable || rows.makeup.once.contains(part) else {
        throw refusal(
          .argument,
          "a statistic is of '\(name)', and a join repeats the rows of \(self.name(part)) as often as another table says",
          remedy:
            "use COUNT(*), COUNT(DISTINCT …), or statistics of the table whose rows are not repeated; or declare 'unique' in the study where every row meets one row at most"
        )
      }
    }
  }

  /// Two statistics of one unit's values are the same where it has one row, so that their product is a power.
  func checkProducts(_ summands: [ReleaseArgument.Summand]) throws(ParleyError) {
    for summand in summands {
      var seen: Set<ColumnID> = []
      var columnsSeen: [Set<ColumnID>] = []
      for factor in summand.factors {
        // Two factors of one column are its distances from both ends; powers of a column were refused when the argument was read.
        guard !columnsSeen.contains(factor.valueSources) else { continue }
        columnsSeen.append(factor.valueSources)
        let origins = factor.valueSources.reduce(into: Set<ColumnID>()) { $0.formUnion(columns.origins(of: $1)) }
        guard seen.isDisjoint(with: origins) else {
          throw refusal(
            .argument,
            ReleaseRefusal.argument(
              "has a column twice in one product, and sums of powers determine single values"))
        }
        seen.formUnion(origins)
      }
    }
  }

  /// Which values are left, or in a group together, is for whoever wrote a table that values are looked up in.
  func checkLookedUp(_ used: Set<ColumnID>) throws(ParleyError) {
    func isFree(_ id: ColumnID) -> Bool {
      columns.scans(of: [.column(id)]).contains { columns.scans[$0]?.table.protection == .nothing }
    }
    for id in used.sorted() {
      let origins = columns.sources(of: id)
      let isCompared = clauses.contains { clause in
        let bases = columns.bases(of: [clause])
        return !bases.isDisjoint(with: origins) && bases.contains(where: isFree)
      }
      guard origins.isDisjoint(with: lookedUp), !isCompared else {
        throw refusal(
          .argument,
          "'\(registry[id].name)' is added up and compared with a column of another table, which decides what values are left",
          remedy: "compare another column with that table, or write what is compared into the query as constants")
      }
      guard origins.isDisjoint(with: testedElsewhere) else {
        throw refusal(
          .argument,
          "'\(registry[id].name)' is added up, and EXISTS or IN tests the same column in other rows of the unit, so that what values are left is not known",
          remedy: "write the condition into WHERE or FILTER, or add up another column")
      }
    }
  }

  /// Values of several tables in one sum could be weights that pack records into it.
  func checkTables(_ used: Set<ColumnID>) throws(ParleyError) {
    guard Set(used.map { columns.scans(of: [.column($0)]) }).count <= 1 else {
      throw refusal(
        .argument,
        "one statistic adds up values of several tables, and those of one could be weights that pack rows of the other into a sum",
        remedy:
          "use values of one table in a statistic; columns of others may be group keys and stand in conditions")
    }
  }

  // MARK: Groups and conditions

  /// What decides in which groups a unit is follows from the rows that name it: else its groups could overlap as somebody else wishes.
  func checkKeys(_ keys: [Projection], of rows: Rows) throws(ParleyError) {
    for slot in rows.slots where slot.carriers.isDisjoint(with: rows.makeup.once) {
      let known = determined(by: slot.carriers, rows.makeup)
      for key in keys where !columns.bases(of: [key.expression]).isSubset(of: known) {
        throw refusal(
          .shape,
          "it groups by '\(registry[key.id].name)', which is of a table that repeats rows of \(words(slot.kinds)), so that one could be in groups that somebody else chose",
          remedy:
            "group by columns of tables that name the unit ('protect' in the study), or declare 'unique' where every row meets one row at most"
        )
      }
    }
  }

  /// Conditions inside of statistics tell no copies of one row apart.
  func checkConditions(_ conditions: [Expression], of rows: Rows) throws(ParleyError) {
    let used = conditions.map { columns.bases(of: [$0]) }
    func check(_ parts: Set<Int>, isAlways: Bool) throws(ParleyError) {
      let known = determined(by: parts, rows.makeup)
      guard isAlways || used.contains(where: { !$0.isDisjoint(with: known) }) else { return }
      guard used.allSatisfy({ $0.isSubset(of: known) }) else {
        throw refusal(
          .argument,
          "conditions inside of statistics are about a table that repeats rows of \(parts.sorted().map(name).joined(separator: " and ")), and copies of one row could be told apart by them",
          remedy:
            "write the conditions into WHERE, each about one table, or group by what they are about; a LEFT, RIGHT or FULL JOIN is such a condition as well: take JOIN"
        )
      }
    }
    for slot in rows.slots where slot.carriers.isDisjoint(with: rows.makeup.once) {
      try check(slot.carriers, isAlways: true)
    }
    for part in rows.makeup.multiplied.sorted() { try check([part], isAlways: false) }
  }
}

extension Expression {
  /// Columns whose values it may have, without those of conditions in CASE.
  var valueSources: Set<ColumnID> {
    switch self {
    case .column(let id): [id]
    case .choose(let branches, let otherwise):
      branches.reduce(into: otherwise.valueSources) { $0.formUnion($1.result.valueSources) }
    default: children.reduce(into: []) { $0.formUnion($1.valueSources) }
    }
  }
}

extension ReleaseJudge.Makeup {
  /// - Parameter condition: it is true in every row.
  mutating func take(_ condition: Expression, _ columns: ReleaseColumns) {
    guard let (a, b) = condition.equalColumns else { return }
    equate(columns.root(a), columns.root(b))
  }
  mutating func equate(_ a: ColumnID, _ b: ColumnID) {
    dependencies.append(.init(from: [a], to: [b]))
    dependencies.append(.init(from: [b], to: [a]))
  }
}
