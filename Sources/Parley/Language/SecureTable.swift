internal import BigInt
internal import ParleyBase
internal import ParleyProgram

/// A table of a ``SecureProgram``: where secret columns come from.
///
/// Every column declares its range, which every sum and product is checked against; a cell outside of it is refused
/// where its holder reads it. With `mayBeMissing`, a row without a value takes no part in what is computed from the
/// column.
public final class SecureTable {
  let workshop: Workshop
  private let id: Program.TableID
  private(set) var schema: TableSchema
  /// Where the program declares it.
  private let site: CallSite

  init(workshop: Workshop, id: Program.TableID, schema: TableSchema, site: CallSite) {
    self.site = site
    self.workshop = workshop
    self.id = id
    self.schema = schema
  }

  /// Name of the table, as the program declares it.
  public var name: String { schema.name }

  /// Once all columns are declared: the one that names the table's units is there, and never missing.
  func checkProtection() {
    guard case .units(let name, let column) = schema.protection else { return }
    if name.isEmpty {
      _ = workshop.fail(
        "study/value", "table \(schema.name) protects units without a name", at: site,
        remedy: "write '.units(\"patient\", column: \"\(column)\")'")
    }
    guard let declared = schema.columns.first(where: { $0.name == column }) else {
      _ = workshop.fail(
        "study/unknown-name",
        "table \(schema.name) protects each \(name) by column '\(column)', which it does not declare",
        at: site, remedy: "declare the column, or leave 'protect' out to protect rows")
      return
    }
    if declared.isNullable {
      _ = workshop.fail(
        "study/value", "column \(column) names whom table \(schema.name) protects, and may be missing", at: site,
        remedy: "declare it without 'mayBeMissing', or leave 'protect' out to protect rows")
    }
  }

  /// A column of whole numbers.
  ///
  /// - Parameters:
  ///   - name: unique in the table.
  ///   - range: where every cell lies; the narrower, the cheaper is what is computed from it.
  ///   - mayBeMissing: whether cells may be missing.
  ///   - file: where the call is written, for errors; leave it out.
  ///   - line: likewise.
  public func int(
    _ name: String, in range: ClosedRange<Int>, mayBeMissing: Bool = false, file: String = #fileID,
    line: Int = #line
  ) -> SecretColumn<Int> {
    let range = Int64(range.lowerBound)...Int64(range.upperBound)
    return .init(formula: column(name, .integer(range), mayBeMissing, CallSite(file: file, line: line)))
  }

  /// A column of decimal numbers.
  ///
  /// - Parameters:
  ///   - name: unique in the table.
  ///   - scale: decimal places, 1 to 9.
  ///   - range: where every cell lies, with ends of no more than `scale` places.
  ///   - mayBeMissing: whether cells may be missing.
  ///   - file: where the call is written, for errors; leave it out.
  ///   - line: likewise.
  public func decimal(
    _ name: String, scale: Int, in range: ClosedRange<FixedPoint>, mayBeMissing: Bool = false,
    file: String = #fileID, line: Int = #line
  ) -> SecretColumn<FixedPoint> {
    let site = CallSite(file: file, line: line)
    var bounds: ClosedRange<Int64> = 0...0
    if (1...9).contains(scale), let lower = range.lowerBound.units(atScale: scale),
      let upper = range.upperBound.units(atScale: scale)
    {
      bounds = Int64(lower)...Int64(upper)
    } else {
      _ = workshop.fail(
        "study/value", "column \(name): \(range) in \(scale) decimal places", at: site,
        remedy: "give 1 to 9 places, and bounds with no more than these")
    }
    return .init(formula: column(name, .decimal(scale: scale, bounds), mayBeMissing, site))
  }

  /// A column of yes and no.
  public func bool(
    _ name: String, mayBeMissing: Bool = false, file: String = #fileID, line: Int = #line
  ) -> SecretColumn<Bool> {
    .init(formula: column(name, .boolean, mayBeMissing, CallSite(file: file, line: line)))
  }

  /// A column of one of the listed texts, which `==` and `!=` compare with a public text.
  ///
  /// - Parameters:
  ///   - name: unique in the table.
  ///   - values: the texts, each once; public.
  ///   - mayBeMissing: whether cells may be missing.
  ///   - file: where the call is written, for errors; leave it out.
  ///   - line: likewise.
  public func category(
    _ name: String, _ values: [String], mayBeMissing: Bool = false, file: String = #fileID, line: Int = #line
  ) -> SecretColumn<String> {
    let site = CallSite(file: file, line: line)
    if values.isEmpty || Set(values).count < values.count {
      _ = workshop.fail(
        "study/value", "column \(name) lists no value, or one twice", at: site, remedy: "list every value once")
    }
    return .init(formula: column(name, .category(values), mayBeMissing, site))
  }

  /// Rows of all holders.
  public func count(file: String = #fileID, line: Int = #line) -> SecretScalar<Int> {
    .init(formula: .count(rows).placed(file, line))
  }
  /// Rows for which `condition` is there and holds.
  public func count(
    where condition: SecretColumn<Bool>, file: String = #fileID, line: Int = #line
  ) -> SecretScalar<Int> {
    .init(formula: .count(.given(condition.formula, rows)).placed(file, line))
  }

  /// Every row that is not padding.
  private var rows: SecretFormula {
    let id = id
    return SecretFormula(
      workshop,
      ProgramFormula(schema.name) { workshop in
        let isValid = workshop.builder.input(.init(table: id, column: "", role: .isValid, sort: .bit))
        return BuiltValue(node: isValid, isPresent: isValid, allRows: isValid)
      })
  }

  private func column(_ name: String, _ type: ColumnType, _ isNullable: Bool, _ site: CallSite) -> SecretFormula {
    if name.isEmpty || schema.columns.contains(where: { $0.name == name }) {
      _ = workshop.fail(
        "study/duplicate", "table \(schema.name) has a column \(name) already, or the name is empty", at: site,
        remedy: "declare every column once")
    }
    schema.columns.append(.init(name: name, type: type, isNullable: isNullable))
    let id = id
    let rows = rows
    let formula = SecretFormula(
      workshop,
      ProgramFormula("\(schema.name).\(name)", declared: (schema.name, name)) { workshop in
        var value = try rows.built()
        let range = Interval(BigInt(type.range.lowerBound), BigInt(type.range.upperBound))
        value.node = workshop.builder.input(
          .init(table: id, column: name, role: .value, sort: type == .boolean ? .bit : .integer(range)))
        if isNullable, let isValid = value.allRows {
          let isNull = workshop.builder.input(.init(table: id, column: name, role: .isNull, sort: .bit))
          value.isPresent = try workshop.builder.and(isValid, try workshop.builder.not(isNull))
        }
        if case .decimal(let scale, _) = type { value.scale = scale }
        if case .category(let labels) = type { value.labels = labels }
        return value
      })
    return formula.placed(site.file, site.line)
  }
}
