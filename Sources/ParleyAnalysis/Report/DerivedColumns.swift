internal import Glibc
package import ParleyProgram

/// Computes what recipients derive from opened values (``Derived``).
///
/// Opened values come from others: whatever they are, cells get a number or an outcome, and nothing traps.
package final class DerivedColumns {
  /// Why a formula has no value: what the cell shows.
  struct Missing: Error {
    var cell: DecodedTable.Cell
  }
  /// The row of which a formula is computed.
  private struct Place {
    var sheet: Int
    var row: Int
  }

  private let sheets: [ReportSheet]
  private let names: [String: Int]
  /// By sheet, derived column and row; nil where it was not computed yet.
  private var known: [[[Result<Double, Missing>?]]]

  /// - Parameter sheets: all results of a program: formulas may read those of others.
  package init(_ sheets: [ReportSheet]) {
    self.sheets = sheets
    names = Dictionary(
      sheets.indices.map { (sheets[$0].result.name, $0) }, uniquingKeysWith: { first, _ in first })
    known = sheets.map { sheet in
      sheet.result.derived.map { _ in Array(repeating: nil, count: sheet.table.rows.count) }
    }
  }

  /// The tables of a program with their derived columns, which stand behind all others. Numbers have all digits of a double.
  package static func completed(
    _ tables: [DecodedTable], _ results: [Program.ResultTable]
  ) -> [DecodedTable] {
    guard tables.count == results.count, results.contains(where: { !$0.derived.isEmpty }) else { return tables }
    let sheets = zip(tables, results).map(ReportSheet.init)
    let columns = DerivedColumns(sheets)
    return sheets.indices.map { index in
      var table = tables[index]
      guard !results[index].derived.isEmpty else { return table }
      table.columns += results[index].derived.map(\.name)
      for row in table.rows.indices {
        table.rows[row] += results[index].derived.indices.map { columns.cell(index, row, $0) }
      }
      return table
    }
  }

  private func cell(_ sheet: Int, _ row: Int, _ derived: Int) -> DecodedTable.Cell {
    do { return .value(NumberText.exact(try value(sheet, row, derived))) } catch { return error.cell }
  }

  /// A formula of a result's first row; nil where it has no value.
  package func value(_ formula: Formula, ofFirstRowOf sheet: Int) -> Double? {
    try? value(formula, [Place(sheet: sheet, row: 0)])
  }

  private func value(_ sheet: Int, _ row: Int, _ derived: Int) throws(Missing) -> Double {
    if let known = known[sheet][derived][row] { return try known.get() }
    // A column that is being computed has no value for itself.
    known[sheet][derived][row] = .failure(Missing(cell: .null))
    do {
      let value = try value(sheets[sheet].result.derived[derived].formula, [Place(sheet: sheet, row: row)])
      known[sheet][derived][row] = .success(value)
      return value
    } catch {
      known[sheet][derived][row] = .failure(error)
      throw error
    }
  }

  private func column(_ heading: String, _ place: Place) throws(Missing) -> Double {
    let sheet = sheets[place.sheet]
    guard sheet.table.rows.indices.contains(place.row) else { throw Missing(cell: .null) }
    if let position = sheet.position(heading) {
      let cell = sheet.table.rows[place.row][position]
      guard case .value = cell else { throw Missing(cell: cell) }
      guard let number = sheet.number(place.row, heading) else { throw Missing(cell: .null) }
      return number
    }
    guard let derived = sheet.result.derived.firstIndex(where: { $0.name == heading }) else {
      throw Missing(cell: .null)
    }
    return try value(place.sheet, place.row, derived)
  }

  private func sheet(_ name: String?, _ place: Place) throws(Missing) -> Int {
    guard let name else { return place.sheet }
    guard let sheet = names[name] else { throw Missing(cell: .null) }
    return sheet
  }

  /// - Parameter places: the row of which it is computed, and the rows around it.
  private func value(_ formula: Formula, _ places: [Place]) throws(Missing) -> Double {
    guard let place = places.last else { throw Missing(cell: .null) }
    switch formula {
    case .constant(let value): return try finite(value)
    case .column(let heading): return try column(heading, place)
    case .cell(let table, let heading, let row):
      return try column(heading, Place(sheet: try sheet(table, place), row: row))
    case .total(let table, let body):
      let inner = try sheet(table, place)
      var total = 0.0
      for row in sheets[inner].table.rows.indices {
        total += try value(body, places + [Place(sheet: inner, row: row)])
      }
      return try finite(total)
    case .first(let table, let body, let condition):
      let inner = try sheet(table, place)
      for row in sheets[inner].table.rows.indices {
        let own = places + [Place(sheet: inner, row: row)]
        // A row that is not shown has no condition.
        if let met = try? value(condition, own), met > 0 { return try value(body, own) }
      }
      throw Missing(cell: .null)
    case .outer(let body): return try value(body, places.dropLast())
    case .isText(let heading, let text): return sheets[place.sheet].text(place.row, heading) == text ? 1 : 0
    case .isSameText(let heading, let outer):
      guard let around = places.dropLast().last else { throw Missing(cell: .null) }
      let text = sheets[place.sheet].text(place.row, heading)
      return text != nil && text == sheets[around.sheet].text(around.row, outer) ? 1 : 0
    case .quadraticForm(let table, let vector, let matrix):
      return try quadraticForm(try sheet(table, place), vector, matrix, places)
    case .apply(let function, let operands): return try apply(function, operands, places)
    }
  }

  private func value(_ formula: Formula, _ places: ArraySlice<Place>) throws(Missing) -> Double {
    try value(formula, Array(places))
  }

  private func finite(_ value: Double) throws(Missing) -> Double {
    guard value.isFinite else { throw Missing(cell: .null) }
    return value
  }

  private func apply(
    _ function: Formula.Function, _ operands: [Formula], _ places: [Place]
  ) throws(Missing) -> Double {
    guard operands.count == function.arity else { throw Missing(cell: .null) }
    var x = [try value(operands[0], places)]
    if function == .choose { return try value(operands[x[0] > 0 ? 1 : 2], places) }
    for operand in operands.dropFirst() { x.append(try value(operand, places)) }
    let result: Double =
      switch function {
      case .add: x[0] + x[1]
      case .subtract: x[0] - x[1]
      case .multiply: x[0] * x[1]
      case .divide: x[0] / x[1]
      case .power: pow(x[0], x[1])
      case .minimum: min(x[0], x[1])
      case .maximum: max(x[0], x[1])
      case .negate: -x[0]
      case .absolute: abs(x[0])
      case .exp: Glibc.exp(x[0])
      case .log: Glibc.log(x[0])
      case .root: x[0].squareRoot()
      case .choose: .nan
      case .normalTail: Distributions.normalTail(x[0])
      case .studentTail: Distributions.studentTail(x[0], degrees: x[1])
      case .chiSquareTail: Distributions.chiSquareTail(x[0], degrees: x[1])
      case .fTail: Distributions.fTail(x[0], x[1], x[2])
      case .fisher: Distributions.fisher(x[0], x[1], x[2], x[3])
      case .signTest: Distributions.signTest(x[0], of: x[1])
      case .normalQuantile: Distributions.normalQuantile(x[0])
      case .studentQuantile: Distributions.studentQuantile(x[0], degrees: x[1])
      case .chiSquareQuantile: Distributions.chiSquareQuantile(x[0], degrees: x[1])
      case .fQuantile: Distributions.fQuantile(x[0], x[1], x[2])
      case .betaQuantile: Distributions.betaQuantile(x[0], x[1], x[2])
      }
    return try finite(result)
  }

  /// xᵀ M⁻¹ x by elimination with pivots.
  private func quadraticForm(
    _ sheet: Int, _ vector: Formula, _ matrix: [String], _ places: [Place]
  ) throws(Missing) -> Double {
    let size = matrix.count
    var rows: [[Double]] = []
    var x: [Double] = []
    for row in 0..<size {
      let place = Place(sheet: sheet, row: row)
      x.append(try value(vector, places + [place]))
      var line: [Double] = []
      for heading in matrix { line.append(try column(heading, place)) }
      rows.append(line + [x[row]])
    }
    let largest = rows.map { $0.dropLast().reduce(0) { max($0, abs($1)) } }.max() ?? 0
    for step in 0..<size {
      let pivot = (step..<size).max { abs(rows[$0][step]) < abs(rows[$1][step]) } ?? step
      rows.swapAt(step, pivot)
      guard abs(rows[step][step]) > 1e-12 * largest else { throw Missing(cell: .null) }
      for row in 0..<size where row != step {
        let factor = rows[row][step] / rows[step][step]
        for column in step...size { rows[row][column] -= factor * rows[step][column] }
      }
    }
    return try finite((0..<size).reduce(0.0) { $0 + x[$1] * rows[$1][size] / rows[$1][$1] })
  }
}
