import BigInt
import Parley
import ParleyBase
import ParleyClear
import ParleyProgram
import ParleySQL
import ParleyStudy

/// Which rule of release withheld which group of a trial on made-up rows. Of anybody's rows that would tell what withholding hides, so
/// it is computed for made-up ones alone, in the clear and apart from the trial.
struct WithheldReasons {
  private struct Group {
    var name: String
    var reasons: Set<WithholdingReason>
  }
  private enum Result {
    /// Each withheld group of those that are public.
    case groups([Group])
    /// How many of those that are withheld have each reason first.
    case counts([WithholdingReason: Int])
  }

  private let results: [Result]
  private let words: ReleaseWords
  /// More rows are more work than an explanation is worth.
  static let mostRows = 20_000
  private static let mostLines = 20

  /// - Parameter data: made-up rows of every holder, by table.
  init(_ prepared: PreparedStudy, data: [String: [TableData]]) throws(ParleyError) {
    let study = prepared.study
    words = prepared.releaseWords
    let queries = try study.allQueries()
    guard !queries.isEmpty else {
      results = []
      return
    }
    let program = try SQLFrontEnd.watched(queries, tables: study.schemas, rules: study.rules)
    let opened = try InsecurePlaintextEvaluator.evaluate(
      program, tables: study.schemas, data: data, shuffles: false)
    func bits(_ reason: WithholdingReason, of result: String) -> [Bool] {
      var found: [Bool] = []
      for (index, disclosure) in program.disclosures.enumerated()
      where disclosure.name == reason.disclosure(of: result) {
        let own = (opened[Program.DisclosureID(rawValue: index)] ?? []).map { $0 != 0 }
        found = found.isEmpty ? own : zip(found, own).map { $0 || $1 }
      }
      return found
    }
    results = program.results.map { result in
      let found = WithholdingReason.allCases.map { ($0, bits($0, of: result.name)) }
      func reasons(_ group: Int) -> Set<WithholdingReason> {
        Set(found.filter { $0.1.indices.contains(group) && $0.1[group] }.map(\.0))
      }
      guard result.groupCount == nil else {
        let withheld = result.isWithheld.flatMap { opened[$0] } ?? []
        return .groups(
          withheld.indices.filter { withheld[$0] != 0 }.map { group in
            // One bit may stand for the whole result.
            let keys =
              withheld.count == result.groupCount
              ? result.keys.map { "\($0.name) = \($0.labels[group] ?? "NULL")" } : []
            return Group(name: keys.isEmpty ? "the result" : keys.joined(separator: ", "), reasons: reasons(group))
          })
      }
      let hidden = bits(.hidden, of: result.name)
      var first: [WithholdingReason: Int] = [:]
      for group in hidden.indices where hidden[group] {
        let own = reasons(group)
        first[WithholdingReason.allCases.first(where: own.contains) ?? .hidden, default: 0] += 1
      }
      return .counts(first)
    }
  }

  /// Of a result, for people; empty where nothing is withheld.
  func lines(_ result: Int) -> [String] {
    guard results.indices.contains(result) else { return [] }
    var lines: [String] = []
    switch results[result] {
    case .groups(let groups):
      lines = groups.prefix(Self.mostLines).map { group in
        // A group that is too small has statistics that are.
        let own = group.reasons.contains(.few) ? group.reasons.subtracting([.part]) : group.reasons
        let reasons = WithholdingReason.allCases.filter(own.contains).map(text)
        return "  \(VisibleText.compact(group.name)): "
          + (reasons.isEmpty ? "protects another withheld group" : reasons.joined(separator: "; "))
      }
      if groups.count > Self.mostLines { lines.append("  and \(groups.count - Self.mostLines) more") }
    case .counts(let first):
      lines = WithholdingReason.allCases.compactMap { reason in
        first[reason].map {
          "  \(counted($0, "group")): \(reason == .hidden ? "to protect another withheld group" : text(reason))"
        }
      }
    }
    return lines.isEmpty ? [] : ["why, which is told of made-up rows alone:"] + lines
  }

  private func text(_ reason: WithholdingReason) -> String {
    switch reason {
    case .few: words.fewer
    case .part: "a statistic or condition in it rests on \(words.fewer)"
    case .dominated: "few \(words.counted) make up too much of a sum"
    case .left: "\(words.fewer) of the table are in no group"
    case .hidden: "protects another withheld group"
    }
  }
}
