import Parley
import ParleyBase
import ParleyProgram
import ParleyRuntime

/// What one role's process leaves behind for whoever started it.
struct RoleReport: Codable {
  struct Table: Codable {
    var name: String
    var columns: [String]
    /// Those of the columns that were computed from opened ones; nil without.
    var derived: [String]?
    /// By row and column: `value`, or `outcome` (null, withheld, absent, not estimable, or malformed with what was opened).
    var rows: [[Cell]]
  }
  struct Cell: Codable {
    var value: String?
    var outcome: String?
    var opened: String?
  }
  /// What was sent before the first input, for products to come.
  struct Offline: Codable {
    var rounds: Int
    var sentBytes: [Int]
    var predictedRounds: Int
    var predictedBytes: [Int]
  }
  var party: String
  var seconds: Double
  var setupSeconds: Double
  var rounds: Int
  var sentBytes: [Int]
  var predictedRounds: Int
  var predictedBytes: [Int]
  /// On links within one machine.
  var predictedSeconds: Double
  var peakMemory: Int
  var predictedMemory: Int
  var tables: [Table]?
  var receipt: Receipt?
  var opening: ReceiptOpening?
  /// Nil where nothing is prepared before the inputs, and in one process, where it is not reported.
  var offline: Offline?
}

extension RoleReport.Table {
  init(_ table: DecodedTable) {
    self.init(
      name: table.name, columns: table.columns, derived: nil, rows: table.rows.map { $0.map(RoleReport.Cell.init) }
    )
  }
}

extension RoleReport.Cell {
  init(_ cell: DecodedTable.Cell) {
    switch cell {
    case .value(let text): self.init(value: text)
    case .null: self.init(outcome: "null")
    case .withheld: self.init(outcome: "withheld")
    case .absent: self.init(outcome: "absent")
    case .notEstimable: self.init(outcome: "not estimable")
    case .malformed(let what): self.init(outcome: "malformed", opened: what)
    }
  }
  var decoded: DecodedTable.Cell {
    switch outcome {
    case "withheld": .withheld
    case "absent": .absent
    case "not estimable": .notEstimable
    case "malformed": .malformed(opened ?? "")
    default: value.map(DecodedTable.Cell.value) ?? .null
    }
  }
}

/// The form of a result that `--out FILE.json` and `--json` have.
struct ResultFile: Encodable {
  var study: String
  var studyHash: String
  var mode: String
  var results: [RoleReport.Table]
}
