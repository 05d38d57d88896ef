import ParleyBase
import ParleyProgram
import ParleyTables

/// The inputs of one mention of a table: the columns that the query reads, what holders compute from others, and which
/// rows count. Columns that only formulas read are never shared.
struct HolderInputs {
  let registry: ColumnRegistry
  let scan: Scan
  let table: Program.TableID
  let source: Source
  let forms: TextForms

  func relation(_ needed: Set<ColumnID>, _ tables: inout TableBuilder) throws(ParleyError) -> Relation {
    let own = Set(scan.columns)
    let wanted = needed.filter { registry[$0].scan == scan.number }.sorted()
    let formulas = HolderFormulas(registry: registry)
    // What is left to the computation: it reads columns as they are.
    var read = own.intersection(wanted)
    var inside: [Expression] = []
    var filter: HolderFormula?
    for condition in scan.filter {
      if let formula = formulas.formula(condition) {
        filter = filter.map { .and($0, formula) } ?? formula
      } else {
        inside.append(condition)
      }
    }
    var derived: [ColumnID: TableColumn] = [:]
    for id in wanted {
      guard let formula = registry[id].formula else { continue }
      derived[id] = try shared(id, formula, formulas, &tables.builder)
      if derived[id] == nil { inside.append(formula) }
    }
    for expression in inside { read.formUnion(expression.columns) }

    let isValid = tables.builder.input(
      .init(table: table, column: "", role: .isValid, sort: .bit, formula: filter))
    var relation = Relation(table: SecretTable(columns: [], isValid: isValid, shape: .rows(table)), ids: [])
    for (schema, id) in zip(scan.table.columns, scan.columns) where read.contains(id) {
      relation.table = relation.table.appending(column(id, schema, &tables.builder))
      relation.ids.append(id)
    }
    if let unit = scan.unit, needed.contains(unit) {
      let number = try tables.rowNumbers(relation.table)
      relation.table = relation.table.appending(TableColumn(name: "row", type: .integer, parts: [number]))
      relation.ids.append(unit)
    }
    var lowering = ExpressionLowering(
      builder: tables.takenProgram(), rows: .relation(relation, source: source))
    for id in wanted {
      guard let formula = registry[id].formula else { continue }
      var column = derived[id]
      if column == nil { column = try Self.column(try lowering.lower(formula), &lowering) }
      if let column { relation.table = relation.table.appending(column) }
      relation.ids.append(id)
    }
    let conditions = scan.filter.filter { formulas.formula($0) == nil }
    let condition = conditions.isEmpty ? nil : try lowering.condition(.all(conditions)).certain
    tables.builder = lowering.builder
    if let condition { relation.table = try tables.filter(relation.table, where: condition) }
    return relation
  }

  private func column(
    _ id: ColumnID, _ schema: ColumnSchema, _ builder: inout ProgramBuilder
  ) -> TableColumn {
    var column = TableColumn(name: schema.name, type: SecretType(SQLType(schema)), parts: [])
    if forms.isDigest(id) {
      column = digest(.column(schema.name), schema.name, &builder)
    } else {
      let sort: Program.Sort = schema.type == .boolean ? .bit : .integer(Interval(schema.type))
      var parts = 1
      if case .text(let bytes) = schema.type { parts = max(1, TextParts.count(bytes: bytes)) }
      for part in 0..<parts {
        column.parts.append(
          builder.input(.init(table: table, column: schema.name, role: .value, sort: sort, part: part)))
      }
    }
    if schema.isNullable {
      column.isNull = builder.input(.init(table: table, column: schema.name, role: .isNull, sort: .bit))
    }
    return column
  }

  /// A column that holders compute; nil where the computation has to.
  private func shared(
    _ id: ColumnID, _ expression: Expression, _ formulas: HolderFormulas, _ builder: inout ProgramBuilder
  ) throws(ParleyError) -> TableColumn? {
    switch try formulas.shared(expression, of: scan.table) {
    case .text(let text):
      let name = text.description
      var column: TableColumn
      if forms.isDigest(id) {
        column = digest(text, name, &builder)
      } else {
        let longest = try text.longest(in: scan.table)
        guard longest <= TextParts.longestText else {
          throw source.error(
            "sql/text-length",
            "'\(name)' can have \(longest) bytes; \(TextParts.longestText) are the most that a text in a result, or that rows are ordered by, can have",
            at: SourceRange(start: 0, end: 0),
            remedy:
              "write LEFT(…, 64) around it, as a character has up to four bytes, or declare its columns shorter")
        }
        let count = max(1, TextParts.count(bytes: longest))
        column = TableColumn(name: name, type: .text(bytes: 7 * count), parts: [])
        for part in 0..<count {
          let formula = HolderFormula.textPart(text, index: part)
          column.parts.append(input(formula, .value, .integer(TextParts.range), name, &builder))
        }
      }
      if try text.isNullable(in: scan.table) {
        column.isNull = input(.textPart(text, index: 0), .isNull, .bit, name, &builder)
      }
      return column
    case .value(let formula, let sort, let isNullable):
      let name = formula.description
      return TableColumn(
        name: name, type: sort == .bit ? .boolean : .integer,
        parts: [input(formula, .value, sort, name, &builder)],
        isNull: isNullable ? input(formula, .isNull, .bit, name, &builder) : nil)
    case nil: return nil
    }
  }

  /// A text by its digest, as a column of texts of so many bytes.
  private func digest(_ text: HolderText, _ name: String, _ builder: inout ProgramBuilder) -> TableColumn {
    TableColumn(
      name: name, type: .text(bytes: TextDigest.bytes),
      parts: (0..<TextDigest.partCount).map { index in
        input(.textDigest(text, index: index), .value, .integer(TextParts.range), name, &builder)
      })
  }

  private func input(
    _ formula: HolderFormula, _ role: Program.Input.Role, _ sort: Program.Sort, _ name: String,
    _ builder: inout ProgramBuilder
  ) -> Program.NodeID {
    builder.input(.init(table: table, column: name, role: role, sort: sort, formula: formula))
  }

  private static func column(
    _ value: RelationValue, _ lowering: inout ExpressionLowering
  ) throws(ParleyError) -> TableColumn {
    let isNull = try lowering.nullBit(value)
    switch value {
    case .number(let node, _): return TableColumn(name: "", type: .integer, parts: [node], isNull: isNull)
    case .condition(let certain, _):
      return TableColumn(name: "", type: .boolean, parts: [certain], isNull: isNull)
    case .text(let parts, _):
      return TableColumn(name: "", type: .text(bytes: 7 * parts.count), parts: parts, isNull: isNull)
    }
  }
}

extension PlanLowering {
  mutating func scan(_ scan: Scan, _ needed: Set<ColumnID>) throws(ParleyError) -> Relation {
    guard let id = tableIDs[scan.table.name] else {
      throw ParleyError(.invariant, "a query was bound to table \(scan.table.name), which is not declared")
    }
    let inputs = HolderInputs(registry: registry, scan: scan, table: id, source: source, forms: forms)
    let relation = try inputs.relation(scan.checked.reduce(into: needed) { $0.formUnion($1) }, &tables)
    for key in scan.checked {
      let pairs = key.sorted().map { KeyPair(left: .column($0), right: .column($0)) }
      tables.uniqueKey = DeclaredKey.words(.left, .scan(scan), .scan(scan), pairs, query: source.query.name)
      defer { tables.uniqueKey = nil }
      try tables.assumeUnique(relation.table, key.sorted().compactMap(relation.position))
    }
    return relation
  }
}
