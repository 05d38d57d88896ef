import ParleyBase
import ParleyProgram

/// Units of both sides of a join, and of the parts of a union.
extension ReleaseJudge {
  // MARK: Joins

  mutating func walk(
    _ kind: MatchKind, _ a: Plan, _ b: Plan, _ keys: [KeyPair], _ unique: Uniqueness
  ) throws(ParleyError) -> (plan: Plan, rows: Rows) {
    let (left, x) = try walk(a)
    func same(_ p: UnitSlot, _ q: UnitSlot) -> Bool {
      p.kinds == q.kinds
        && keys.contains {
          columns.root($0.left) == columns.root(p.column) && columns.root($0.right) == columns.root(q.column)
        }
    }
    switch kind {
    case .semi, .anti:
      // Each row is tested against rows of its own unit, which may be of any table again.
      let before = mentioned
      mentioned = []
      let (right, y) = try walk(b)
      mentioned = before
      if x.areGroups, y.areGroups { return (.match(kind, left, right, keys, unique), try groups(x, y)) }
      let isOwn = !y.areGroups && y.slots.count == 1 && x.slots.contains { same($0, y.slots[0]) }
      guard y.protectsNobody || isOwn else {
        throw refusal(
          .shape, "EXISTS or IN tests rows against \(words(y.kinds)), of whom too few may decide",
          remedy:
            "compare the columns that name the unit on both sides, or write a join, so that the units of both tables are counted"
        )
      }
      return (.match(kind, left, right, keys, unique), x)
    case .inner, .left, .full:
      let (right, found) = try walk(b)
      var y = found
      let (isLeftUnique, isRightUnique) = (unique == .left, unique == .right)
      // The same unit on both sides is one.
      if kind != .full { y.slots.removeAll { q in x.slots.contains { same($0, q) } } }
      if kind != .inner { for index in y.slots.indices { y.slots[index].isNullable = true } }
      var rows = try joined(x, y, isLeftOnce: isRightUnique, isRightOnce: isLeftUnique)
      if kind == .full {
        for index in rows.slots.indices {
          rows.slots[index].isNullable = true
          rows.slots[index].onceWith = nil
        }
      }
      return (.match(kind, left, right, keys, unique), rows)
    }
  }

  /// - Parameters:
  ///   - isLeftOnce: a row of the left side is in one row of the result at most.
  func joined(_ x: Rows, _ y: Rows, isLeftOnce: Bool, isRightOnce: Bool) throws(ParleyError) -> Rows {
    if x.slots.isEmpty, y.slots.isEmpty { return try groups(x, y) }
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
    _ branches: [Plan.Branch], _ ids: [ColumnID]
  ) throws(ParleyError) -> (plan: Plan, rows: Rows) {
    var parts: [(branch: Plan.Branch, rows: Rows)] = []
    for branch in branches {
      let (plan, rows) = try walk(branch.plan)
      parts.append((.init(plan: plan, outputs: branch.outputs), rows))
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
    for index in parts.indices {
      parts[index].branch.outputs.append(parts[index].rows.slots.first.map { .column($0.column) } ?? .null(type))
      carried.formUnion(parts[index].rows.slots.map(\.column))
    }
    // Tables whose rows are units have no unit in common.
    let areOnce = slots.allSatisfy { $0.onceWith == [] }
    let kindsOfRows = slots.reduce(into: Set<String>()) { $0.formUnion($1.kinds) }
    let slot = UnitSlot(
      kinds: kindsOfRows, column: id, isNullable: slots.count < parts.count || slots.contains(where: \.isNullable),
      onceWith: areOnce ? [] : nil,
      counted: areOnce && !slots.contains { $0.counted.isEmpty } ? slots.flatMap(\.counted) : [])
    return (.union(parts.map(\.branch), ids + [id]), Rows(slots: [slot]))
  }
}
