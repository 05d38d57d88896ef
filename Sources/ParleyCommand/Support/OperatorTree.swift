import ParleyBase
import ParleyProgram

/// The operators of all queries with what each costs: the part of a plan that says where the time goes.
struct OperatorTree {
  struct Line: Encodable {
    /// Absent for what belongs to no query.
    var query: String?
    var depth: Int
    var `operator`: String
    /// The largest number of rows of its result; absent where there are none.
    var rows: Int?
    var rounds: Int
    var bytes: Int
    var andBits: Int
    var multiplications: Int
    var seconds: Double
    /// What a release discloses, by the names in the disclosure statement.
    var discloses: [String]?

    fileprivate mutating func add(_ share: CostShare, seconds: Double) {
      rounds += share.rounds
      bytes += share.totalBytes
      andBits += share.andBits
      multiplications += share.multiplications
      self.seconds += seconds
    }
  }
  private(set) var lines: [Line]

  /// How rounds are counted; the other columns add up by nature.
  static let note =
    "All lines add up to the totals. A round in which several operators send counts for the one that sends most; a value that several need counts for the first."

  init(_ plan: Plan, _ statement: DisclosureStatement, on network: NetworkProfile, _ calibration: Calibration) {
    func line(_ query: String?, _ depth: Int, _ text: String, _ rows: Int?, _ discloses: [String]? = nil) -> Line {
      Line(
        query: query, depth: depth, operator: text, rows: rows, rounds: 0, bytes: 0, andBits: 0,
        multiplications: 0, seconds: 0, discloses: discloses)
    }
    lines = plan.program.operators.map { step in
      let items = step.isRelease ? statement.items.filter { $0.result == step.query }.map(\.name) : nil
      return line(step.query, step.depth, step.text, step.rows, items)
    }
    for share in plan.cost.shares {
      let seconds = plan.cost.seconds(of: share, on: network, calibration)
      if case .step(let index) = share.owner {
        lines[index].add(share, seconds: seconds)
      } else {
        var own = line(nil, 0, Self.words(share.owner), nil)
        own.add(share, seconds: seconds)
        lines.append(own)
      }
    }
  }

  private static func words(_ owner: CostOwner) -> String {
    switch owner {
    case .step, .computation: "computation"
    case .inputs: "inputs: copies compared"
    case .rangeChecks: "range checks of holders' rows, verdicts"
    case .requirements: "what queries assume of the data"
    case .openings: "release"
    case .verification: "verification: proofs and their closing messages"
    }
  }

  // MARK: Text

  private static let headings = ["operator", "rows", "rounds", "bytes", "time"]

  /// Characters of an operator in a terminal; JSON and Markdown have it whole.
  private static let longest = 60

  private func cells(_ line: Line, indent: String, shortened: Bool = false) -> [String] {
    let name = line.discloses == nil ? line.operator : "\(line.query ?? ""): \(line.operator)"
    let text = String(repeating: indent, count: line.depth) + VisibleText.compact(name)
    return [
      shortened ? TerminalText.shortened(text, to: Self.longest) : text, line.rows.map(String.init) ?? "",
      String(line.rounds),
      Console.bytes(line.bytes), Console.seconds(line.seconds),
    ]
  }
  private var total: [String] {
    [
      "all", "", String(lines.reduce(0) { $0 + $1.rounds }), Console.bytes(lines.reduce(0) { $0 + $1.bytes }),
      Console.seconds(lines.reduce(0) { $0 + $1.seconds }),
    ]
  }

  var text: [String] {
    let table = [Self.headings] + lines.map { cells($0, indent: "  ", shortened: true) } + [total]
    let widths = Self.headings.indices.map { column in table.map { $0[column].count }.max() ?? 0 }
    return table.map { row in
      row.indices.map { column in
        let padding = String(repeating: " ", count: widths[column] - row[column].count)
        return column == 0 ? row[column] + padding : padding + row[column]
      }.joined(separator: "  ")
    }
  }

  var markdown: [String] {
    let rows = lines.map { cells($0, indent: "&nbsp;&nbsp;") } + [total]
    return ["| " + Self.headings.joined(separator: " | ") + " |", "|---|--:|--:|--:|--:|"]
      + rows.map { "| " + $0.joined(separator: " | ") + " |" }
  }
}
