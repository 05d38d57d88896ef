import Parley
import ParleyBase
import ParleyProgram
import ParleyRuntime

/// What one role's process leaves behind for whoever started it.
struct RoleReport: Codable {
  struct Table: Codable {
    var name: String
    var columns: [String]
    var rows: [[String]]
  }
  var party: String
  var seconds: Double
  var setupSeconds: Double
  var rounds: Int
  var sentBytes: [Int]
  var predictedRounds: Int
  var predictedBytes: [Int]
  var peakMemory: Int
  var predictedMemory: Int
  var tables: [Table]?
  var receipt: Receipt?
}

extension RoleReport.Table {
  init(_ table: DecodedTable) {
    self.init(name: table.name, columns: table.columns, rows: table.rows.map { $0.map(\.text) })
  }
}

/// The form of a result that `--out FILE.json` and `--json` have.
struct ResultFile: Encodable {
  var study: String
  var studyHash: String
  var mode: String
  var results: [RoleReport.Table]
}
