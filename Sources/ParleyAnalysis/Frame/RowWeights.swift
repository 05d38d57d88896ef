import BigInt
import ParleyBase
package import ParleyProgram
import ParleyTables

/// How much every row of a model counts: a row of weight w is w equal rows in every sum (docs/proofs/scaling.md).
package struct RowWeights: Sendable {
  /// At least 1 in rows that are used, 0 elsewhere.
  package let values: Program.NodeID
  /// The greatest possible.
  package let most: Int
  /// Their sum; a scalar.
  package let total: Program.NodeID
  /// One weight of the column is 10^this of ``values``.
  package let decimals: Int
}

/// Weights as settings name them: a column of the table.
struct WeightSetting: Hashable, Sendable {
  static let key = "weights"
  private let name: String
  private let takesDecimals: Bool

  /// nil where there are none.
  ///
  /// - Parameter takesDecimals: only proportions of weights matter, so that they need not be whole numbers.
  /// - Throws: `analysis/setting`.
  init?(_ settings: AnalysisSettings, takesDecimals: Bool = false) throws(ParleyError) {
    guard settings.has(Self.key) else { return nil }
    name = try settings.text(Self.key, example: "weight")
    self.takesDecimals = takesDecimals
  }

  /// - Parameter taken: columns that have another role, and the keys that give it to them.
  /// - Throws: `analysis/variable`; `analysis/type` of a column that is no number, or no whole one where it has to be; `analysis/setting` of one
  ///   that has another role.
  func column(
    of rows: AnalysisRows, beside taken: [(column: String, key: String)] = []
  ) throws(ParleyError) -> String {
    let settings = rows.analysis.settings
    let column = try rows.column(name, at: Self.key)
    if let other = taken.first(where: { $0.column == column.name }) {
      throw settings.error(
        "setting", "'weights' of \(settings.what) names '\(column.name)', which is its '\(other.key)' too",
        at: Self.key,
        remedy: "name the column that says how much each row counts")
    }
    switch column.type {
    case .integer: return column.name
    case .decimal(_) where takesDecimals: return column.name
    default:
      throw settings.error(
        "type",
        "'weights' of \(settings.what) names '\(column.name)', which is \(column.type == .boolean ? "a condition" : column.type.inWords) and no \(takesDecimals ? "number" : "whole number")",
        at: Self.key,
        remedy: takesDecimals
          ? "name a column of numbers of at least 0" : "name an int: how many observations each row stands for")
    }
  }

  /// The weights of the rows that are used.
  ///
  /// - Parameter mostRows: how many rows the model can have.
  /// - Throws: `analysis/type` of a column that can be below 0, or is never above; `analysis/rows` where the sum of the weights may be too large.
  func weights(
    _ frame: AnalysisFrame, mostRows: Int, _ builder: inout ProgramBuilder
  ) throws(ParleyError) -> RowWeights {
    let settings = frame.rows.analysis.settings
    let name = try column(of: frame.rows)
    let range = try frame.range(of: name)
    guard range.lower >= 0, range.upper >= 1 else {
      throw settings.error(
        "type",
        "'weights' of \(settings.what) names '\(name)', which has values from \(range.lower) to \(range.upper), counted in its last decimal",
        at: Self.key, remedy: "declare a range from 0 on that goes above it")
    }
    guard range.upper * BigInt(frame.maximumRows) <= BigInt(mostRows) else {
      throw settings.error(
        "rows",
        "\(settings.what) can have \(frame.maximumRows) rows with weights up to \(range.upper), counted in the last decimal of '\(name)': the sum of all weights may be \(mostRows) at most",
        at: Self.key,
        remedy: "narrow the range of '\(name)', round it to fewer decimals, or lower maximum-rows of the table")
    }
    let values = try frame.number(name, &builder)
    return RowWeights(
      values: values, most: Int(range.upper), total: try builder.sum(values), decimals: try frame.scale(of: name))
  }
}
