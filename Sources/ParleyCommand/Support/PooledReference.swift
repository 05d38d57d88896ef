import Foundation
import Parley
import ParleyBase
import ParleyProgram
import ParleyStudy

/// The demo's statistics computed directly on the pooled rows in double precision: code that shares nothing with the
/// joint computation, so that the difference means something. It exists because this is a demo; a real study has no
/// pooled rows to compare with.
struct PooledReference {
  struct Number {
    var value: Double
    var digits: Int
    var text: String { digits == 0 ? String(Int(value)) : String(format: "%.\(digits)f", value) }
    func difference(from cell: DecodedTable.Cell) -> String {
      guard case .value(let text) = cell, let joint = Double(text) else { return "-" }
      let difference = abs(joint - value)
      return difference == 0 ? "0" : String(format: "%.1e", difference)
    }
  }
  struct Table {
    var rows: [[Number?]]
    func row(_ index: Int) -> [Number?]? { rows.indices.contains(index) ? rows[index] : nil }
    func isNumeric(_ column: Int) -> Bool { rows.contains { $0[column] != nil } }
  }
  private var tables: [String: Table] = [:]
  func table(_ name: String) -> Table? { tables[name] }

  init(_ prepared: PreparedStudy, files: [String: [Int: String]]) throws(ParleyError) {
    let schema = prepared.study.tables[0].schema
    var columns: [String: [Double?]] = [:]
    for holder in schema.holders {
      let (data, _) = try HolderCSV.load(path: files[holder]![0]!, table: prepared.study.tables[0], holder: holder)
      for (column, values) in zip(schema.columns, data.columns) {
        columns[column.name, default: []] += values.values.indices.map { row in
          column.isNullable && values.isNull[row] ? nil : Double(values.values[row])
        }
      }
    }
    let age = columns["age"] ?? []
    var overall: [Number?] = [Number(value: Double(age.count), digits: 0)]
    for name in ["age", "trestbps", "chol", "thalach"] {
      let values = (columns[name] ?? []).compactMap { $0 }
      let mean = values.reduce(0, +) / Double(values.count)
      let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count - 1)
      overall += [
        Number(value: mean, digits: 6), Number(value: variance.squareRoot(), digits: 6),
        Number(value: values.min() ?? 0, digits: 0), Number(value: values.max() ?? 0, digits: 0),
      ]
    }
    tables["overall"] = Table(rows: [overall])

    // Groups in the order of the study: sex, then the kind of chest pain, each by its place among the values.
    var groups: [[Number?]] = []
    for sex in 0..<2 {
      for pain in 0..<4 {
        let members = age.indices.filter {
          columns["sex"]?[$0] == Double(sex) && columns["cp"]?[$0] == Double(pain)
        }
        let ill = members.filter { (columns["num"]?[$0] ?? 0) > 0 }.count
        groups.append([
          nil, nil, Number(value: Double(members.count), digits: 0),
          members.isEmpty ? nil : Number(value: Double(ill) / Double(members.count), digits: 6),
        ])
      }
    }
    tables["prevalence"] = Table(rows: groups)
  }
}
