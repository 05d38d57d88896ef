import Foundation
import Testing

/// Public data sets in the folder `Data`.
enum ModelData {
  static func rows(_ name: String, _ columns: [String]? = nil) throws -> [[String]] {
    let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent(
      "Data/\(name).csv")
    let lines = try String(contentsOf: path, encoding: .utf8).split(separator: "\n").map {
      $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    }
    let places =
      try columns?.map { name in try #require(lines[0].firstIndex(of: name)) } ?? Array(lines[0].indices)
    return lines.dropFirst().map { line in places.map { line[$0] } }
  }

  static let diabetes = [
    "{name: age, type: int, range: [0, 120]}", "{name: sex, type: int, range: [1, 2]}",
    "{name: bmi, type: decimal, scale: 1, range: [10, 60]}",
    "{name: bp, type: decimal, scale: 2, range: [40, 200]}",
    "{name: s1, type: int, range: [50, 400]}", "{name: s2, type: decimal, scale: 1, range: [0, 400]}",
    "{name: s3, type: decimal, scale: 1, range: [0, 200]}", "{name: s4, type: decimal, scale: 2, range: [0, 20]}",
    "{name: s5, type: decimal, scale: 4, range: [0, 10]}", "{name: s6, type: int, range: [0, 300]}",
    "{name: target, type: int, range: [0, 400]}",
  ]
  static let rossi = [
    "{name: fin, type: bool}", "{name: age, type: int, range: [15, 60]}", "{name: race, type: bool}",
    "{name: wexp, type: bool}", "{name: mar, type: bool}", "{name: prio, type: int, range: [0, 30]}",
  ]
  static func rossiRows() throws -> [[String]] {
    try rows("rossi", ["fin", "age", "race", "wexp", "mar", "prio"])
  }
}
