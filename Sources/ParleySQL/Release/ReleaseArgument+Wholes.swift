/// What conditions say of the whole of what is added up, whatever it is made of (`docs/proofs/suppression.md`, Entangled columns).
extension ReleaseArgument {
  /// Clauses that compare the whole of a difference with constants, or its two columns with each other, and all others; nil where there
  /// are none.
  func clausesAbout(_ argument: Expression) -> (own: [Expression], others: [Expression])? {
    guard case .subtract = argument, !argument.columns.isDisjoint(with: entangled) else { return nil }
    let whole = ColumnID(rawValue: -1)
    var (own, others): ([Expression], [Expression]) = ([], [])
    for clause in clauses.flatMap(\.conjuncts) {
      let compared = clause.comparing(argument)
      let replaced = compared.replacing { $0 == argument ? .column(whole) : nil }.simplified
      if replaced.columns == [whole], replaced.entangledColumns.isEmpty {
        own.append(compared)
      } else {
        others.append(clause)
      }
    }
    return own.isEmpty ? nil : (own, others)
  }
  /// What all rows meet that is of the value itself says no more of it than a FILTER, and is judged as one.
  mutating func read(
    _ given: Expression, below path: Expression?, meeting own: [Expression], besides others: [Expression]
  ) {
    let before = (clauses, entangled)
    clauses = others
    entangled = others.entangledColumns.union(Self.entangledColumns(of: keys))
    let condition = Expression.all(own)
    add(condition)
    read(given, below: within(path, condition), isSummed: true)
    (clauses, entangled) = before
  }

  /// Columns of which it is not known what values are left. Where a path compares the whole of what is added up with constants, a range
  /// of that is known, whatever it is made of.
  func unknownColumns(of argument: Expression, below path: Expression?) -> Set<ColumnID> {
    guard let path else { return entangled }
    let known = path.simplified.entangledColumns
    guard !known.isDisjoint(with: argument.columns) else { return entangled.union(known) }
    let whole = ColumnID(rawValue: -1)
    var found = path.replacing { $0 == argument ? .column(whole) : nil }.simplified.entangledColumns
    if found.remove(whole) != nil { found.formUnion(argument.columns) }
    return entangled.union(found)
  }
}
