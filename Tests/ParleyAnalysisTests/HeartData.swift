import Foundation
import Testing

/// The records of four hospitals that are among the examples.
enum HeartData {
  static let hospitals = ["cleveland", "hungarian", "switzerland", "va"]
  static let columns = [
    "{name: site, type: category, values: [cleveland, hungarian, switzerland, va]}",
    "{name: age, type: int, range: [0, 120]}",
    "{name: male, type: bool}",
    "{name: cp, type: category, values: [\"1\", \"2\", \"3\", \"4\"]}",
    "{name: trestbps, type: int, range: [0, 300], nullable: true}",
    "{name: chol, type: int, range: [0, 1000], nullable: true}",
    "{name: thalach, type: int, range: [0, 300], nullable: true}",
    "{name: oldpeak, type: decimal, scale: 1, range: [-10, 10], nullable: true}",
    "{name: disease, type: bool}",
  ]
  private static let headers = ["age", "sex", "cp", "trestbps", "chol", "thalach", "oldpeak", "num"]

  /// Rows as the columns above have them.
  static func rows() throws -> [[String]] {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    var rows: [[String]] = []
    for hospital in hospitals {
      let path = root.appendingPathComponent("Examples/heart-disease/\(hospital).csv")
      let lines = try String(contentsOf: path, encoding: .utf8).split(whereSeparator: \.isNewline)
      let names = lines[0].split(separator: ",", omittingEmptySubsequences: false).map(String.init)
      let places = try headers.map { try #require(names.firstIndex(of: $0)) }
      for line in lines.dropFirst() {
        let cells = line.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        var row = places.map { cells[$0] }
        // Numbers such as 63.0 and 2.30.
        row = row.map { cell in
          guard let value = Double(cell) else { return "" }
          return value == value.rounded() ? String(Int(value)) : String(value)
        }
        let disease = row.removeLast() == "0" ? "0" : "1"
        rows.append([hospital] + row + [disease])
      }
    }
    return rows
  }
}
