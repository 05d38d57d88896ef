import Foundation
import Testing

/// Models as other programs fit them on the pooled rows (`Scripts/references`).
struct ModelReference: Decodable {
  var names: [String]
  var estimate: [Double]
  var error: [Double]
  var statistic: [Double]
  var p: [Double]
  var low: [Double]
  var high: [Double]
  var rows: Int
  /// Single numbers.
  var figures: [String: Double] = [:]
  /// One number for each coefficient.
  var lists: [String: [Double]] = [:]

  enum CodingKeys: String, CodingKey {
    case names, estimate, error, statistic, p, low, high, rows
  }
  private struct AnyKey: CodingKey {
    var stringValue: String
    var intValue: Int? { nil }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }
  private struct File<Value: Decodable>: Decodable { var values: Value }

  init(from decoder: any Decoder) throws {
    let own = try decoder.container(keyedBy: CodingKeys.self)
    names = try own.decode([String].self, forKey: .names)
    func numbers(_ key: CodingKeys) throws -> [Double] { try own.decode([Double].self, forKey: key) }
    (estimate, error, statistic) = (try numbers(.estimate), try numbers(.error), try numbers(.statistic))
    (p, low, high) = (try numbers(.p), try numbers(.low), try numbers(.high))
    rows = try own.decode(Int.self, forKey: .rows)
    let all = try decoder.container(keyedBy: AnyKey.self)
    for key in all.allKeys {
      if let value = try? all.decode(Double.self, forKey: key) { figures[key.stringValue] = value }
      if let values = try? all.decode([Double].self, forKey: key) { lists[key.stringValue] = values }
    }
  }

  private static func data(_ name: String) throws -> Data {
    try Data(
      contentsOf: URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("References/\(name).json"))
  }
  static func one(_ name: String) throws -> ModelReference {
    try JSONDecoder().decode(File<ModelReference>.self, from: try data(name)).values
  }
  static func several(_ name: String) throws -> [String: ModelReference] {
    try JSONDecoder().decode(File<[String: ModelReference]>.self, from: try data(name)).values
  }

  /// Estimates are within 10^-6 or 10^-4 standard errors, errors within 10^-6, and what follows within what these allow.
  func expect(
    _ table: [String: [Double]], statistic heading: String, at location: SourceLocation = #_sourceLocation
  ) throws {
    func column(_ name: String) throws -> [Double] { try #require(table[name], sourceLocation: location) }
    let estimates = try column("estimate"), errors = try column("std.err"), statistics = try column(heading)
    let tails = try column("p"), lows = try column("95% low"), highs = try column("95% high")
    #expect(estimates.count == names.count, sourceLocation: location)
    for j in names.indices where j < estimates.count {
      let name = "\(names[j]): \(estimates[j]) (\(errors[j])), not \(estimate[j]) (\(error[j]))"
      let allowed = max(1e-6 * abs(estimate[j]), 1e-4 * error[j])
      #expect(abs(estimates[j] - estimate[j]) <= allowed, "\(name)", sourceLocation: location)
      #expect(abs(errors[j] / error[j] - 1) <= 1e-6, "\(name)", sourceLocation: location)
      #expect(abs(statistics[j] - statistic[j]) <= 1e-5 * max(abs(statistic[j]), 1), sourceLocation: location)
      #expect(abs(tails[j] - p[j]) <= 1e-5, sourceLocation: location)
      #expect(abs(lows[j] - low[j]) <= 2 * allowed, sourceLocation: location)
      #expect(abs(highs[j] - high[j]) <= 2 * allowed, sourceLocation: location)
    }
  }
}
