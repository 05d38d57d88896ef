import ParleyBase
import ParleyProgram

/// Units of both sides of a join, and of the parts of a union.
extension ReleaseJudge {
  // MARK: Joins

  mutating func walk(
    _ kind: MatchKind, _ a: RelationalPlan, _ b: RelationalPlan, _ keys: [KeyPair], _ unique: Uniqueness
  ) throws(ParleyError) -> (plan: RelationalPlan, rows: Rows) {
    let (walked, given) = try walk(a)
    var (left, x) = (walked, given)
    try checkNames(in: .match(kind, a, b, keys, unique), of: x)
    func same(_ p: UnitSlot, _ q: UnitSlot) -> Bool {
      p.kinds == q.kinds
        && keys.contains {
          columns.root($0.left) == columns.root(p.column) && columns.root($0.right) == columns.root(q.column)
        }
    }
    switch kind {
    case .semi, .anti:
      // Each row is tested against rows of its own unit, which may be of any table again.
      let (before, conditionsBefore, lookedUpBefore) = (mentioned, clauses.count, lookedUp)
      mentioned = []
      let (right, y) = try walk(b)
      mentioned = before
      if x.areGroups, y.areGroups { return (.match(kind, left, right, keys, unique), try groups(x, y)) }
      let isOwn = !y.areGroups && y.slots.count == 1 && x.slots.contains { same($0, y.slots[0]) }
      guard y.protectsNobody || isOwn else {
        // Where rows are the units no column names one.
        let isOfRows = y.kinds.allSatisfy { $0.hasPrefix("row of ") }
        throw refusal(
          .shape, "EXISTS or IN tests rows against \(words(y.kinds)), of whom too few may decide",
          remedy: isOfRows
            ? "declare the columns that are compared as what both tables protect ('protect: COLUMN'), where they name a person; or declare 'unique' in the study for them, where each of their values stands in one row, and write a join, JOIN … ON, instead: it counts the rows of both tables"
            : "compare the columns that name the unit on both sides, or write a join, so that the units of both tables are counted"
        )
      }
      if isOwn {
        // Where a unit has one row, what is said of its other rows is said of this one.
        let own = keys.filter { !isOfNames($0) }
        let tested = columns.sources(of: Array(clauses[conditionsBefore...]) + own.map(\.right))
        testedElsewhere.formUnion(namesakes(of: tested.union(lookedUp.subtracting(lookedUpBefore))))
        noteOther(own)
      }
      if y.protectsNobody, keys.count > 1 { joinTies.append(columns.sources(of: keys.map(\.left))) }
      if y.protectsNobody { lookedUp.formUnion(columns.sources(of: keys.map(\.left))) }
      return (.match(kind, left, right, keys, unique), x)
    case .inner, .left, .full:
      let (other, found) = try walk(b)
      var right = other
      try checkNames(in: .match(kind, a, b, keys, unique), of: found)
      var y = found
      let isRightUnique = unique == .right || b.isUnique(on: Set(keys.compactMap(\.right.injectiveColumn)))
      let isLeftUnique = unique == .left || a.isUnique(on: Set(keys.compactMap(\.left.injectiveColumn)))
      // The same unit on both sides is one.
      var isOfOneUnit = false
      for q in y.slots {
        guard let place = x.slots.firstIndex(where: { same($0, q) }) else { continue }
        isOfOneUnit = true
        guard kind != .full else { continue }
        carry(q, in: &x.slots[place])
      }
      if kind != .full { y.slots.removeAll { q in x.slots.contains { same($0, q) } } }
      if kind != .inner { for index in y.slots.indices { y.slots[index].isNullable = true } }
      if kind != .inner, isOfOneUnit { noteMissingNames(kind, a, b, keys) }
      try checkMultiples(
        x, found, isLeftOnce: isRightUnique, isRightOnce: isLeftUnique, isOfOneUnit: isOfOneUnit)
      try checkLookup(x, found, keys)
      if found.protectsNobody { lookedUp.formUnion(columns.sources(of: keys.map(\.left))) }
      if x.protectsNobody { lookedUp.formUnion(columns.sources(of: keys.map(\.right))) }
      if !x.slots.isEmpty, !found.slots.isEmpty { noteOther(keys.filter { !isOfNames($0) }) }
      // What is looked up is a function of what it is looked up by, which whoever wrote the table knows.
      let isOfUnits = keys.contains(where: isOfNames)
      if !isOfUnits, isRightUnique || isLeftUnique {
        let looked = (isRightUnique ? b.columnSet : []).union(isLeftUnique ? a.columnSet : [])
        joinTies.append(
          columns.sources(of: keys.flatMap { [$0.left, $0.right] } + looked.map { .column($0) }))
      }
      if isOfUnits, !x.slots.isEmpty, !found.slots.isEmpty {
        // Whoever has one table may have made its columns for the units of the other.
        for side in [a, b] { joinTies.append(columns.sources(of: side.columnSet.map { .column($0) })) }
      }
      var rows = try joined(x, y, isLeftOnce: isRightUnique, isRightOnce: isLeftUnique)
      for key in keys {
        guard let p = key.left.injectiveColumn, let q = key.right.injectiveColumn else { continue }
        let (first, second) = (columns.root(p), columns.root(q))
        if kind == .inner {
          rows.makeup.equate(first, second)
        } else {
          rows.makeup.dependencies.append(.init(from: [first], to: [second]))
        }
      }
      if kind == .full {
        guard x.slots.isEmpty == found.slots.isEmpty else {
          throw refusal(
            .shape,
            "a FULL JOIN with a table that protects nobody keeps its rows that have no partner, so that it could be told who is not there",
            remedy: "write an inner join, or a LEFT JOIN from the protected table")
        }
        if !x.slots.isEmpty { lacksPartner += keys.prefix(1).flatMap { [.isNull($0.left), .isNull($0.right)] } }
        for index in rows.slots.indices {
          rows.slots[index].isNullable = true
          rows.slots[index].onceWith = nil
        }
      }
      // With the public number of rows of the right table, a count tells how many rows of the left one have no partner.
      if kind == .left, !x.slots.isEmpty, !found.slots.isEmpty {
        lacksPartner += keys.prefix(1).map { .isNull($0.right) }
      }
      // What only a declaration says of one side is checked where the join does not.
      if !rows.slots.isEmpty, !found.makeup.parts.isEmpty, unique != .left, isLeftUnique {
        left = left.checking(keys.compactMap(\.left.injectiveColumn), columns)
      }
      if !rows.slots.isEmpty, !x.makeup.parts.isEmpty, unique != .right, isRightUnique {
        right = right.checking(keys.compactMap(\.right.injectiveColumn), columns)
      }
      return (.match(kind, left, right, keys, unique), rows)
    }
  }

  /// Where rows are brought together by more than the unit, some of a unit's rows may have a partner and others none.
  private mutating func noteMissingNames(
    _ kind: MatchKind, _ a: RelationalPlan, _ b: RelationalPlan, _ keys: [KeyPair]
  ) {
    let isByUnits = keys.allSatisfy { key in
      isOfNames(key)
        && [key.left, key.right].compactMap(columns.root).allSatisfy { !namesOfSome.contains($0) }
    }
    guard !isByUnits else { return }
    for side in kind == .full ? [a, b] : [b] {
      namesOfSome.formUnion(side.columnSet.filter { columns.namesUnit(.column($0)) }.map(columns.root))
    }
  }

  private func isOfNames(_ key: KeyPair) -> Bool { columns.namesUnit(key.left) && columns.namesUnit(key.right) }

  /// Besides by the unit, rows of protected tables are brought together by columns of which one table decides what values are left of the other.
  private mutating func noteOther(_ keys: [KeyPair]) {
    guard !keys.isEmpty else { return }
    let own = columns.sources(of: keys.flatMap { [$0.left, $0.right] })
    lookedUp.formUnion(own)
    joinTies.append(own)
  }

  /// Columns of the same tables with the same names, wherever these are read.
  private func namesakes(of ids: Set<ColumnID>) -> Set<ColumnID> {
    var found: Set<ColumnID> = []
    for scan in columns.scans.values {
      for (place, id) in scan.columns.enumerated() where ids.contains(id) {
        for other in columns.scans.values where other.table.name == scan.table.name {
          found.insert(other.columns[place])
        }
      }
    }
    return found
  }

  /// The slot stands for another one of the same units as well.
  private func carry(_ other: UnitSlot, in slot: inout UnitSlot) { slot.carriers.formUnion(other.carriers) }

  /// A table that protects nobody is whatever somebody wrote, and so are copies of rows that a join makes: each protected row meets one
  /// of its rows at most. Of two protected tables one is looked up in the other, or both are joined by the unit that they name.
  func checkMultiples(
    _ x: Rows, _ y: Rows, isLeftOnce: Bool, isRightOnce: Bool, isOfOneUnit: Bool
  ) throws(ParleyError) {
    guard !x.areGroups, !y.areGroups, !(x.slots.isEmpty && y.slots.isEmpty) else { return }
    let others =
      "declare 'unique' in the study for the columns that are compared, where each of their values stands in one row"
    if x.slots.isEmpty || y.slots.isEmpty {
      let kinds = words(x.kinds.union(y.kinds))
      guard x.slots.isEmpty ? isRightOnce : isLeftOnce else {
        throw refusal(
          .shape, "a join with a table that protects nobody would multiply rows of \(kinds)",
          remedy:
            "join on equal columns, and \(others) of the table that protects nobody; or group that table by them in a subquery first"
        )
      }
      return
    }
    guard isLeftOnce || isRightOnce || isOfOneUnit else {
      throw refusal(
        .shape,
        "a join repeats rows of both sides (\(words(x.kinds)), \(words(y.kinds))), so that rows are counted by how many others have the same values",
        remedy: "join on the columns that name the unit, or \(others)")
    }
  }

  /// What is looked up for a protected row is found by its columns as they are: a formula would be a condition that nothing counts.
  private func checkLookup(_ x: Rows, _ y: Rows, _ keys: [KeyPair]) throws(ParleyError) {
    guard x.slots.isEmpty != y.slots.isEmpty else { return }
    for key in keys {
      let expression = x.slots.isEmpty ? key.right : key.left
      let isPlain = expression.injectiveColumn.map { id in
        let root = columns.root(id)
        return !columns.isComputed(root) && !columns.mixed.contains(root)
      }
      guard isPlain == true else {
        throw refusal(
          .shape,
          "a row of a table that protects nobody is looked up by a formula, in which conditions may be hidden",
          remedy: "join on columns of tables as they are, or write the formula into the statistic instead")
      }
    }
  }

  /// - Parameters:
  ///   - isLeftOnce: a row of the left side is in one row of the result at most.
  func joined(_ x: Rows, _ y: Rows, isLeftOnce: Bool, isRightOnce: Bool) throws(ParleyError) -> Rows {
    var makeup = Makeup()
    makeup.parts = x.makeup.parts.union(y.makeup.parts)
    makeup.once = (isLeftOnce ? x.makeup.once : []).union(isRightOnce ? y.makeup.once : [])
    makeup.dependencies = x.makeup.dependencies + y.makeup.dependencies
    if x.slots.isEmpty, y.slots.isEmpty {
      var rows = try groups(x, y)
      rows.makeup = makeup
      return rows
    }
    let shared = x.kinds.intersection(y.kinds)
    guard shared.isEmpty else {
      throw refusal(
        .shape, "it joins different units of one kind (\(words(shared)))",
        remedy: "join on the columns that name the unit")
    }
    guard !(x.areGroups && !y.slots.isEmpty), !(y.areGroups && !x.slots.isEmpty) else {
      throw refusal(
        .shape, "it joins groups of one table with rows of another", remedy: "join first, and group once")
    }
    var rows = x
    rows.makeup = makeup
    if !isLeftOnce { for index in rows.slots.indices { rows.slots[index].onceWith = nil } }
    for var slot in y.slots {
      if !isRightOnce { slot.onceWith = nil }
      rows.slots.append(slot)
    }
    return rows
  }

  /// Groups beside groups: of one grouping, or of units of other kinds.
  func groups(_ x: Rows, _ y: Rows) throws(ParleyError) -> Rows {
    var rows = Rows(areGroups: x.areGroups || y.areGroups, groupings: x.groupings)
    for (kind, grouping) in y.groupings {
      guard rows.groupings[kind] ?? grouping == grouping else {
        throw refusal(
          .shape, "two groupings of \(words([kind])) could be subtracted from each other",
          remedy: "name one grouping with WITH and read it twice, or ask the other in a study of its own")
      }
      rows.groupings[kind] = grouping
    }
    return rows
  }

  // MARK: Unions

  mutating func walk(
    _ branches: [RelationalPlan.Branch], _ ids: [ColumnID]
  ) throws(ParleyError) -> (plan: RelationalPlan, rows: Rows) {
    var parts: [(branch: RelationalPlan.Branch, rows: Rows)] = []
    do throws(ParleyError) {
      for branch in branches {
        let (plan, rows) = try walk(branch.plan)
        try checkNames(in: .union([.init(plan: plan, outputs: branch.outputs)], ids), of: rows)
        if !rows.slots.isEmpty { try checkConstants(in: branch.outputs, as: ids) }
        parts.append((.init(plan: plan, outputs: branch.outputs), rows))
      }
    } catch {
      try checkOuter(branches)
      throw error
    }
    if parts.contains(where: \.rows.areGroups) {
      guard parts.allSatisfy({ $0.rows.slots.isEmpty }) else {
        throw refusal(
          .shape, "a union puts groups beside rows", remedy: "group all parts, or the union of all rows")
      }
      var rows = Rows()
      for part in parts { rows = try groups(rows, part.rows) }
      return (.union(parts.map(\.branch), ids), rows)
    }
    try checkOuter(branches)
    let slots = parts.flatMap(\.rows.slots)
    guard let first = slots.first else { return (.union(parts.map(\.branch), ids), Rows()) }
    guard parts.allSatisfy({ $0.rows.slots.count <= 1 }) else {
      throw refusal(
        .shape, "a part of a union has several kinds of unit", remedy: "join after the union, or group each part")
    }
    let type = registry[first.column].type
    guard slots.allSatisfy({ registry[$0.column].type == type }) else {
      throw refusal(
        .shape, "the parts of a union name their units by columns of different types",
        remedy: "declare the columns that name the unit alike")
    }
    let id = registry.column("unit", type, isNullable: slots.count < parts.count)
    let part = newPart(Set(ids))
    for index in parts.indices {
      parts[index].branch.outputs.append(parts[index].rows.slots.first.map { .column($0.column) } ?? .null(type))
      carried.formUnion(parts[index].rows.slots.map(\.column))
    }
    // Tables whose rows are units have no unit in common.
    let areDifferent = slots.indices.allSatisfy { place in
      slots[..<place].allSatisfy { $0.kinds.isDisjoint(with: slots[place].kinds) }
    }
    let areOnce = areDifferent && slots.allSatisfy { $0.onceWith == [] }
    let kindsOfRows = slots.reduce(into: Set<String>()) { $0.formUnion($1.kinds) }
    let slot = UnitSlot(
      kinds: kindsOfRows, column: id, isNullable: slots.count < parts.count || slots.contains(where: \.isNullable),
      onceWith: areOnce ? [] : nil,
      counted: areOnce && !slots.contains { $0.counted.isEmpty } ? slots.flatMap(\.counted) : [],
      declared: slots.reduce(into: []) { $0.formUnion($1.declared) }, carriers: [part])
    for (place, output) in ids.enumerated() where !columns.mixed.contains(output) {
      let areValues = parts.allSatisfy { part in
        part.branch.outputs[place].columns.allSatisfy { isValue($0, of: part.rows) }
      }
      if areValues { values[output] = part }
    }
    var makeup = Makeup(parts: [part], once: [part])
    for (place, output) in ids.enumerated() where !columns.mixed.contains(output) {
      let isName = parts.allSatisfy { part in
        guard let slot = part.rows.slots.first else { return false }
        return columns.root(part.branch.outputs[place]) == columns.root(slot.column)
      }
      if isName { makeup.equate(columns.root(output), id) }
    }
    return (.union(parts.map(\.branch), ids + [id]), Rows(slots: [slot], makeup: makeup))
  }

  /// An outer join that is no lookup keeps rows of one side for having no partner on the other.
  private func checkOuter(_ branches: [RelationalPlan.Branch]) throws(ParleyError) {
    guard branches.count > 1, case .match(.anti, .numbered(let a, let row), let b, let keys, _) = branches[1].plan,
      keys.count == 1, keys[0].left == .column(row),
      a.tables.union(b.tables).contains(where: { $0.protection != .nothing })
    else { return }
    throw refusal(
      .shape,
      "an outer join keeps rows because they have no partner, and its sides may repeat each other's rows or its condition is more than equal columns",
      remedy:
        "declare 'unique' in the study for the columns that are compared, of the table in which each of their values stands in one row; or write an inner join, with conditions in WHERE"
    )
  }
}

extension RelationalPlan {
  /// It has one row at most.
  var isSingle: Bool { maximumRows <= 1 || isUnique(on: []) }

  /// Of all scans in it.
  fileprivate var tables: Set<TableSchema> {
    if case .scan(let scan) = self { return [scan.table] }
    if case .common(let common) = self { return common.plan.tables }
    return inputs.reduce(into: []) { $0.formUnion($1.tables) }
  }

  /// With the scans that have these columns checking that they differ from row to row, where a table declares it.
  fileprivate func checking(_ key: [ColumnID], _ columns: ReleaseColumns) -> RelationalPlan {
    var declared: Set<ColumnID> = []
    let given = Set(key)
    for found in declaredKeys where found.columns.isSubset(of: given) {
      declared.formUnion(found.columns.map(columns.root))
    }
    return declared.isEmpty ? self : checking(declared)
  }
  func checking(_ declared: Set<ColumnID>) -> RelationalPlan {
    guard case .scan(var scan) = self else { return mapInputs { $0.checking(declared) } }
    for key in uniqueKeys where key.isSubset(of: declared) && !scan.checked.contains(key) {
      scan.checked.append(key)
    }
    return .scan(scan)
  }
}
