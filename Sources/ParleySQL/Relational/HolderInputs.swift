import ParleyBase
import ParleyProgram
import ParleyTables

/// The inputs of one mention of a table: columns that the query reads, and what holders compute.
struct HolderInputs {
  let registry: ColumnRegistry
  let scan: Scan
  let table: Program.TableID
  let source: Source

  func relation(_ needed: Set<ColumnID>, _ tables: inout TableBuilder) throws(ParleyError) -> Relation {
    let own = Set(scan.columns)
    let wanted = needed.filter { registry[$0].scan == scan.number }.sorted()
    var read = Set(wanted).intersection(own)
    for id in wanted { if let formula = registry[id].formula { read.formUnion(formula.columns) } }
    for condition in scan.filter { read.formUnion(condition.columns) }
    var relation = Relation(
      table: SecretTable(
        columns: [],
        isValid: tables.builder.input(.init(table: table, column: "", role: .isValid, sort: .bit)),
        shape: .rows(table)), ids: [])
    for (schema, id) in zip(scan.table.columns, scan.columns) where read.contains(id) {
      let sort: Program.Sort = schema.type == .boolean ? .bit : .integer(Interval(schema.type))
      let value = tables.builder.input(.init(table: table, column: schema.name, role: .value, sort: sort))
      var isNull: Program.NodeID?
      if schema.isNullable {
        isNull = tables.builder.input(.init(table: table, column: schema.name, role: .isNull, sort: .bit))
      }
      relation.table = relation.table.appending(
        SecretColumn(name: schema.name, type: SecretType(SQLType(schema.type)), parts: [value], isNull: isNull))
      relation.ids.append(id)
    }
    var lowering = ExpressionLowering(builder: tables.builder, relation: relation, source: source)
    for id in wanted {
      guard let formula = registry[id].formula else { continue }
      let value = try lowering.lower(formula)
      let isNull = try lowering.nullBit(value)
      switch value {
      case .number(let node, _):
        relation.table = relation.table.appending(
          SecretColumn(name: "", type: .integer, parts: [node], isNull: isNull))
      case .condition(let certain, _):
        relation.table = relation.table.appending(
          SecretColumn(name: "", type: .boolean, parts: [certain], isNull: isNull))
      case .text(let parts, _):
        relation.table = relation.table.appending(
          SecretColumn(name: "", type: .text(bytes: 7 * parts.count), parts: parts, isNull: isNull))
      }
      relation.ids.append(id)
    }
    var filter: Program.NodeID?
    if !scan.filter.isEmpty { filter = try lowering.condition(.all(scan.filter)).certain }
    tables.builder = lowering.builder
    if let filter { relation.table = try tables.filter(relation.table, where: filter) }
    return relation
  }
}
