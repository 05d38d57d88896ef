import BigInt
import ParleyProgram

extension ColumnType {
  /// Texts have no range of numbers.
  var isText: Bool { if case .text = self { true } else { false } }
}

extension SQLType {
  var isOfCharacters: Bool {
    switch self {
    case .string, .text: true
    default: false
    }
  }
}

/// What the columns of a plan are made of: which tables' values are in them, and by which expressions.
struct ReleaseColumns {
  private let registry: ColumnRegistry
  private var definitions: [ColumnID: Expression] = [:]
  /// Keys of groupings, by what they are of.
  private var renamed: [ColumnID: ColumnID] = [:]
  /// Tables whose values are in a column, by the numbers of their scans.
  private var scansOf: [ColumnID: Set<Int>] = [:]
  private(set) var scans: [Int: Scan] = [:]
  private var schemas: [ColumnID: ColumnSchema] = [:]
  /// Of numbers of rows and of their places, which begin at 1.
  private var ranges: [ColumnID: Interval] = [:]
  /// Columns of unions that are not a table's column in every part: they may tell the parts apart.
  private(set) var mixed: Set<ColumnID> = []
  /// Of columns that have two values at most, the lesser one.
  private var lesser: [ColumnID: BigInt] = [:]
  /// Keys of groupings that are more than a column, with what they are computed by below the grouping.
  private(set) var computedKeys: [ColumnID: Expression] = [:]
  /// Columns that name units: of tables, and of unions where some part's does.
  private var naming: Set<ColumnID> = []
  /// Columns of unions that name units in some parts and something else in others.
  private var namingInPart: Set<ColumnID> = []
  /// Columns that an operator makes of others: statistics, values of windows, columns of unions.
  private(set) var derived: [ColumnID: Derived] = [:]

  private let work: JudgingWork

  init(_ plan: RelationalPlan, registry: ColumnRegistry, _ work: JudgingWork) {
    self.registry = registry
    self.work = work
    read(plan)
  }

  private mutating func read(_ plan: RelationalPlan) {
    for input in plan.inputs { read(input) }
    switch plan {
    case .common(let common): read(common.plan)
    case .scan(let scan):
      scans[scan.number] = scan
      for (schema, id) in zip(scan.table.columns, scan.columns) {
        scansOf[id] = [scan.number]
        schemas[id] = schema
        lesser[id] = Self.lesserOfTwo(schema)
        if case .units(_, schema.name) = scan.table.protection { naming.insert(id) }
      }
    case .extend(_, let items), .project(_, let items):
      for item in items where item.expression != .column(item.id) { definitions[item.id] = item.expression }
    case .aggregate(let input, let keys, let aggregates, let shown):
      let conditions = self.conditions(below: input)
      var first: [ColumnID: ColumnID] = [:]
      for key in keys {
        if case .column(let inner) = key.expression {
          // Two keys that are one column are one.
          if let other = first[root(inner)] {
            if other != key.id, inner != key.id { definitions[key.id] = .column(other) }
          } else {
            first[root(inner)] = key.id
            if inner != key.id { renamed[key.id] = inner }
          }
        } else {
          lesser[key.id] = lesserOfTwo(key.expression)
          computedKeys[key.id] = key.expression
        }
        if key.expression != .column(key.id) { scansOf[key.id] = scans(of: [key.expression]) }
      }
      for aggregate in aggregates {
        let arguments = [aggregate.argument, aggregate.second].compactMap(\.self)
        let given = shown == nil ? conditions : []
        if aggregate.function == .countRows {
          ranges[aggregate.id] = Interval(keys.isEmpty ? 0 : 1, BigInt(max(1, input.maximumRows)))
        }
        // How many values there are that are never missing says nothing of them.
        let isNumberOfRows =
          aggregate.function == .count && !aggregate.isDistinct && !arguments.contains(where: registry.isNullable)
        derived[aggregate.id] = self.derived(from: isNumberOfRows ? [] : arguments, below: given)
        derived[aggregate.id]?.statistic = .init(
          function: aggregate.function, isDistinct: aggregate.isDistinct, type: aggregate.type)
        // How many rows there are is of every table that they come from.
        scansOf[aggregate.id] = arguments.isEmpty ? scans(below: input) : scans(of: arguments)
        guard let argument = aggregate.argument else { continue }
        ranges[aggregate.id] = range(of: aggregate, argument, rows: input.maximumRows, below: given)
        switch aggregate.function {
        case .minimum, .maximum:
          lesser[aggregate.id] = lesserOfTwo(argument) ?? lesserOfTwo(in: ranges[aggregate.id], aggregate.id)
          noteGaps(in: [argument], below: [given], of: aggregate.id)
        case .median, .quantile: noteGaps(in: [argument], below: [given], of: aggregate.id)
        default: continue
        }
      }
    case .window(let input, let step):
      let conditions = self.conditions(below: input)
      for column in step.functions {
        let expressions = RelationalPlan.window(plan, .init(partition: [], order: [], functions: [column]))
          .ownExpressions
        scansOf[column.id] = expressions.isEmpty ? scans(below: input) : scans(of: expressions)
        derived[column.id] = self.derived(from: expressions, below: conditions)
        derived[column.id]?.isOfWindow = true
        switch column.function {
        case .rowNumber: ranges[column.id] = Interval(1, BigInt(max(1, input.maximumRows)))
        case .lag(let argument, _), .lead(let argument, _):
          ranges[column.id] = left(of: argument, below: conditions)
          lesser[column.id] = lesserOfTwo(argument) ?? lesserOfTwo(in: ranges[column.id], column.id)
          noteGaps(in: [argument], below: [conditions], of: column.id)
        default: break
        }
      }
    case .union(let branches, let columns): read(branches, as: columns)
    case .compared(_, let a, let b, let columns): read([a, b], as: columns)
    default: break
    }
  }

  private mutating func read(_ branches: [RelationalPlan.Branch], as columns: [ColumnID]) {
    var plain: [(id: ColumnID, roots: [ColumnID])] = []
    let conditions = branches.map { self.conditions(below: $0.plan) }
    for (place, id) in columns.enumerated() {
      let outputs = branches.map { $0.outputs[place] }
      scansOf[id] = scans(of: outputs)
      let made = self.derived(from: outputs, below: conditions.flatMap(\.self))
      // An outer join on keys that repeat puts its rows together under the names that they have: such a column is made of what it was made of.
      derived[id] = outputs.contains(.column(id)) ? made.joined(to: derived[id]) : made
      derived[id]?.isOfUnion = true
      if outputs.contains(where: namesUnit) { naming.insert(id) }
      if naming.contains(id), !outputs.allSatisfy(namesWhollyUnit) { namingInPart.insert(id) }
      let roots = outputs.compactMap { output in
        root(output).flatMap { isComputed($0) || mixed.contains($0) ? nil : $0 }
      }
      guard roots.count == outputs.count else {
        mixed.insert(id)
        continue
      }
      if let same = plain.first(where: { $0.roots == roots }) {
        // The same column in every part is one column.
        definitions[id] = .column(same.id)
      } else if plain.contains(where: { zip($0.roots, roots).contains { $0 == $1 } }) {
        // In some parts it is one column with another, so that neither their products nor their sums can be compared.
        mixed.insert(id)
      } else {
        plain.append((id, roots))
      }
      // What it is within in every part; one whose ends are those of two values has two.
      let parts = zip(outputs, conditions).map { left(of: $0, below: $1) }
      let isUneven = parts.contains { $0 != parts[0] }
      let isNarrow = zip(outputs, parts).contains { output, part in
        part.map { $0.upper - $0.lower <= ReleaseArgument.Facts.narrow } ?? false || part != range(of: output)
      }
      derived[id]?.isUneven = isUneven
      derived[id]?.isNarrowInPart = isUneven && isNarrow
      noteGaps(in: outputs, below: conditions, of: id)
      guard let first = parts.first ?? nil, parts.allSatisfy({ $0 != nil }) else { continue }
      let whole = parts.reduce(first) { $1.map($0.union) ?? $0 }
      ranges[id] = whole
      lesser[id] = lesserOfTwo(in: whole, id)
    }
  }

  /// - Parameter conditions: of each expression of which the column is made.
  private mutating func noteGaps(in expressions: [Expression], below conditions: [[Expression]], of id: ColumnID) {
    let areGaps = zip(expressions, conditions).contains { leavesGaps(in: $0, below: $1) }
    if areGaps { derived[id]?.isNarrowInPart = true }
  }

  /// What its values that are not NULL are within; nil where that is not known.
  func range(of expression: Expression) -> Interval? {
    guard size(expression, upTo: 64) < 64 else { return nil }
    return facts.range(of: resolved(expression))
  }
  /// Of a statistic of one unit's rows, of which there is one at least.
  private func range(
    of aggregate: AggregateColumn, _ argument: Expression, rows: Int, below conditions: [Expression]
  ) -> Interval? {
    let most = BigInt(max(1, rows))
    switch aggregate.function {
    case .count:
      var highest = most
      if aggregate.isDistinct, let own = left(of: argument, below: conditions) {
        highest = min(most, own.upper - own.lower + 1)
      }
      return Interval(registry.isNullable(argument) ? 0 : 1, highest)
    case .minimum, .maximum: return left(of: argument, below: conditions)
    case .sum:
      return left(of: argument, below: conditions).map {
        Interval($0.lower < 0 ? $0.lower * most : $0.lower, $0.upper > 0 ? $0.upper * most : $0.upper)
      }
    case .average, .median, .quantile:
      guard let own = left(of: argument, below: conditions), case .number(let from) = registry.type(of: argument),
        case .number(let to) = registry[aggregate.id].type, to >= from
      else { return nil }
      let factor = BigInt(10).power(to - from)
      return Interval(own.lower * factor, own.upper * factor)
    default: return nil
    }
  }

  // MARK: Questions

  func type(of id: ColumnID) -> SQLType { registry[id].type }

  private func definition(of id: ColumnID) -> Expression? { definitions[id] ?? registry[id].formula }

  /// What a column is in every row. Where an outer join may put NULL into it, that is what it is made by only if that is NULL then.
  func value(of id: ColumnID) -> Expression? {
    guard let made = definition(of: id) else { return nil }
    guard registry[id].isExtended else { return made }
    return made.isNullOfNulls && made.columns.allSatisfy { registry[$0].isExtended } ? made : nil
  }

  /// It is no column of a table, a union, a statistic or a window, and no key that is one of these.
  func isComputed(_ id: ColumnID) -> Bool { definition(of: id) != nil || computedKeys[id] != nil }

  /// Columns that no expression makes, of which these are made: also through keys of groupings.
  func bases(of expressions: [Expression]) -> Set<ColumnID> {
    var found: Set<ColumnID> = []
    var seen: Set<ColumnID> = []
    var open = expressions.flatMap(\.columns)
    while let next = open.popLast() {
      let id = root(next)
      guard seen.insert(id).inserted else { continue }
      if let made = definition(of: id) ?? computedKeys[id] {
        open += made.columns
      } else {
        found.insert(id)
      }
    }
    return found
  }

  /// Columns of tables that the values of a column are taken from: of a statistic, those that it is of.
  func origins(of id: ColumnID) -> Set<ColumnID> {
    guard let made = derived[root(id)]?.arguments, !made.isEmpty else { return bases(of: [.column(id)]) }
    return bases(of: made).reduce(into: []) { $0.formUnion(origins(of: $1)) }
  }

  func namesInPart(_ id: ColumnID) -> Bool { namingInPart.contains(root(id)) }
  private func namesWhollyUnit(_ expression: Expression) -> Bool {
    namesUnit(expression) && !expression.columns.contains(where: namesInPart)
  }

  /// It is the name of a unit and nothing else.
  func namesUnit(_ expression: Expression) -> Bool {
    switch expression {
    case .column(let given):
      let id = root(given)
      if naming.contains(id) { return true }
      if case .coalesce(let parts)? = definition(of: id) { return parts.allSatisfy(namesUnit) }
      return false
    case .coalesce(let parts): return parts.allSatisfy(namesUnit)
    default: return false
    }
  }

  /// The expression over columns of tables, and over those that no expression makes: of unions, statistics, windows.
  func resolved(_ expression: Expression) -> Expression {
    expression.replacing { part in
      guard case .column(let id) = part, let definition = value(of: id) else { return nil }
      return resolved(definition)
    }
  }

  /// Parts of the resolved expression, counted up to a limit.
  func size(_ expression: Expression, upTo limit: Int) -> Int {
    var size = 1
    if case .column(let id) = expression, let definition = value(of: id) {
      size += self.size(definition, upTo: limit - size)
    }
    for child in expression.children where size < limit { size += self.size(child, upTo: limit - size) }
    return size
  }

  /// Of all tables that rows come from.
  func scans(below plan: RelationalPlan) -> Set<Int> {
    if case .scan(let scan) = plan { return [scan.number] }
    if case .common(let common) = plan { return scans(below: common.plan) }
    return plan.inputs.reduce(into: []) { $0.formUnion(scans(below: $1)) }
  }
  func scans(of expressions: [Expression]) -> Set<Int> {
    var found: Set<Int> = []
    var seen: Set<ColumnID> = []
    var open = expressions.flatMap(\.columns)
    while let id = open.popLast() {
      guard seen.insert(id).inserted else { continue }
      if let definition = definition(of: id) {
        open += definition.columns
      } else {
        found.formUnion(scansOf[id] ?? [])
      }
    }
    return found
  }

  /// A function of a window.
  func isOfWindow(_ id: ColumnID) -> Bool { derived[id]?.isOfWindow ?? false }

  /// The column that it only renames.
  func root(_ id: ColumnID) -> ColumnID {
    if let inner = renamed[id] { return root(inner) }
    if case .column(let inner)? = definitions[id] { return root(inner) }
    return id
  }
  func root(_ expression: Expression) -> ColumnID? {
    if case .column(let id) = expression { root(id) } else { nil }
  }

  static func lesserOfTwo(_ column: ColumnSchema) -> BigInt? {
    let range = column.type.range
    let (width, overflow) = range.upperBound.subtractingReportingOverflow(range.lowerBound)
    return !overflow && width == 1 && column.type != .boolean ? BigInt(range.lowerBound) : nil
  }
  private func lesserOfTwo(in range: Interval?, _ id: ColumnID) -> BigInt? {
    guard let range, range.upper - range.lower == 1, registry[id].type != .boolean else { return nil }
    return range.lower
  }
  /// Where two values are all that the expression has, the lesser.
  func lesserOfTwo(_ expression: Expression) -> BigInt? {
    guard size(expression, upTo: 64) < 64 else { return nil }
    switch resolved(expression) {
    case .column(let id): return lesser[id]
    case .choose(let branches, let otherwise):
      let isBit = (branches.map(\.result) + [otherwise]).allSatisfy {
        $0 == .integer(0) || $0 == .integer(1) || $0 == .null(.number(scale: 0))
      }
      return isBit ? 0 : nil
    default: return nil
    }
  }

  /// What tables let be told is of how many rows a value is missing; of how many units it is missing in all their rows is
  /// another number.
  private func noteUntold(_ base: ColumnID) {
    guard schemas[base] == nil, derived[base] != nil, let numbers = scansOf[base], !numbers.isEmpty else { return }
    let tables = numbers.sorted().compactMap { scans[$0]?.table }
    guard tables.allSatisfy(\.tellsMissingValues), let table = tables.first,
      case .units(let unit, _) = table.protection
    else { return }
    registry.note(
      "'missing-values: told' of table '\(table.name)' is about its rows: '\(registry[base].name)' is a value of each \(unit), and where few of these have none, what rests on it is withheld all the same"
    )
  }

  var facts: ReleaseArgument.Facts {
    .init(
      lesserOfTwo: { lesser[$0] },
      isExtended: { registry[$0].isExtended },
      isNullable: registry.isNullable,
      isMissingTold: { id in
        let base = root(id)
        guard schemas[base] != nil, !registry[id].isExtended, !registry[base].isExtended else {
          noteUntold(base)
          return false
        }
        return (scansOf[base] ?? []).allSatisfy { scans[$0]?.table.tellsMissingValues ?? false }
      },
      isBoolean: { registry.type(of: $0) == .boolean },
      isText: { registry.type(of: $0)?.isOfCharacters ?? false },
      range: { id in ranges[root(id)] ?? schemas[id].flatMap { $0.type.isText ? nil : Interval($0.type) } },
      length: { id in
        guard case .text(let bytes)? = schemas[root(id)]?.type else { return nil }
        return Interval(0, BigInt(bytes))
      }, work: work)
  }
}
