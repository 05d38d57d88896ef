import Foundation
import Testing

/// Five parties with keys and endpoints: `alpha` computes, holds rows and receives; `beta` and `gamma` compute; `delta`
/// only holds rows; `press` only receives.
struct Consortium {
  static let names = ["alpha", "beta", "gamma", "delta", "press"]
  static let computing = ["alpha", "beta", "gamma"]

  let sandbox: Sandbox
  var keys: [String: String] = [:]
  var ports: [String: Int] = [:]

  static let alphaRows = "age,city,income\n30,north,100\n40,south,\n50,north,200\n61,south,70\n"
  static let deltaRows = "age,city,income\n20,south,300\n60,north,0\n"
  /// By hand: north 30 + 50 + 60 and 100 + 200 + 0; south 40 + 61 + 20 and 70 + 300.
  static let resultCSV = "city,n,ages,incomes\r\nnorth,3,140,300\r\nsouth,3,121,370\r\n"

  /// A study without keys, for trials on one machine.
  struct Draft {
    var patience = "60s"
    var signatures = false
    var minimumCell = 2
    var maximumRows = 100
    var padTo: Int?
    var adversary = "semi-honest"
    var sql = """
      SELECT city, COUNT(*) AS n, SUM(age) AS ages, SUM(income) AS incomes
            FROM people
            GROUP BY city
      """
    var organisations = ["A", "B", "C", "D", "E"]
    var keys: [String: String] = [:]
    var endpoints: [String: Int] = [:]

    var text: String {
      var lines = ["parley: 1", "name: Small study", "parties:"]
      for (name, organisation) in zip(Consortium.names, organisations) {
        lines.append("  - name: \(name)")
        lines.append("    organisation: \(organisation)")
        if let key = keys[name] { lines.append("    key: \(key)") }
        if let port = endpoints[name] { lines.append("    endpoint: \"127.0.0.1:\(port)\"") }
      }
      lines += ["computing: [alpha, beta, gamma]", "tables:", "  - name: people", "    holders: [alpha, delta]"]
      lines += ["    maximum-rows: \(maximumRows)", "    missing-values: told"]
      if let padTo { lines.append("    pad-to: \(padTo)") }
      lines.append("    columns:")
      lines.append("      - {name: age, type: int, range: [0, 120]}")
      lines.append("      - {name: city, type: category, values: [north, south]}")
      lines.append("      - {name: income, type: int, range: [0, 1000], nullable: true}")
      lines += ["queries:", "  - name: cities", "    sql: |", "      " + sql]
      lines.append("security: {protocol: replicated, adversary: \(adversary)}")
      lines.append("release: {minimum-cell: \(minimumCell), recipients: [alpha, press]}")
      lines += ["patience: \(patience)", "require-signatures: \(signatures)", ""]
      return lines.joined(separator: "\n")
    }
  }

  /// Makes an identity for every party and picks free ports.
  init(_ sandbox: Sandbox) async throws {
    self.sandbox = sandbox
    for name in Self.names {
      let made = try await sandbox.parley("identity", "create", "--name", name, "--json")
      made.succeeded()
      keys[name] = try #require(try made.json()["publicKey"] as? String)
    }
    let sockets = try Self.computing.map { _ in try Loopback.listen() }
    for (name, socket) in zip(Self.computing, sockets) { ports[name] = socket.port }
    for socket in sockets { socket.close() }
    try sandbox.write(Self.alphaRows, "alpha.csv")
    try sandbox.write(Self.deltaRows, "delta.csv")
  }

  /// Writes a study with the parties' keys and endpoints.
  @discardableResult
  func write(
    _ file: String = "study.yml", endpoints: [String: Int] = [:], _ change: (inout Draft) -> Void = { _ in }
  ) throws -> String {
    var draft = Draft()
    draft.keys = keys
    draft.endpoints = ports.merging(endpoints) { $1 }
    change(&draft)
    return try sandbox.write(draft.text, file)
  }

  func statementHash(_ study: String = "study.yml") async throws -> String {
    let shown = try await sandbox.parley("study", "statement", study)
    shown.succeeded()
    return try #require(shown.output.split(whereSeparator: \.isWhitespace).last.map(String.init))
  }

  /// The words that start one party; holders accept `hash`.
  func arguments(
    _ name: String, _ study: String = "study.yml", accept hash: String?, files: [String: String] = [:],
    wait: Int = 60
  ) -> [String] {
    var words = ["party", study, "--as", name, "--wait", String(wait)]
    if ["alpha", "delta"].contains(name) { words += ["--data", "people=\(files[name] ?? name + ".csv")"] }
    if let hash, ["alpha", "delta"].contains(name) { words += ["--accept", hash] }
    return words
  }

  /// Starts all parties in the order given.
  func start(
    _ order: [String], _ study: String = "study.yml", studies: [String: String] = [:],
    files: [String: String] = [:],
    extra: (String) -> [String] = { _ in [] }
  ) async throws -> [String: Running] {
    let hash = try await statementHash(study)
    var running: [String: Running] = [:]
    for name in order {
      running[name] = try sandbox.start(
        arguments(name, studies[name] ?? study, accept: hash, files: files) + extra(name))
    }
    return running
  }

  static func end(_ running: [String: Running]) async throws -> [String: Ended] {
    var ended: [String: Ended] = [:]
    for (name, process) in running { ended[name] = try await process.end() }
    return ended
  }
}
