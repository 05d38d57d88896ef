import Foundation
import ParleyBase
import ParleyProgram

/// Columns of numbers in a draft, and what of another file may be the same column.
extension DraftColumn {
  /// Whether this one, made of columns of two files that have different names, may be one column: values of one kind, and
  /// numbers of one size.
  func mayBeOne(_ first: DraftColumn, _ second: DraftColumn) -> Bool {
    guard first.kind == second.kind, kind == first.kind else { return false }
    switch kind {
    case .date, .timestamp, .boolean: return true
    case .category:
      let theirs = second.merged.commonLabels ?? []
      let own = Set((first.merged.commonLabels ?? []).map { ExactText($0) })
      return theirs.contains { own.contains(ExactText($0)) } || maps.contains { !$0.isEmpty }
    case .number:
      guard let one = first.merged.numbers[first.form], let other = second.merged.numbers[second.form] else {
        return false
      }
      return one.scale == other.scale
        && RoundBounds.bounds(lowest: one.lowest, highest: one.highest)
          == RoundBounds.bounds(lowest: other.lowest, highest: other.highest)
    case .empty, .shortened, .text, .mixed, .hidden: return false
    }
  }

  /// Numbers of the kind that often stands for no value and that are values here, as they are written.
  var plainCodes: Set<String> {
    guard kind == .number, let guess = merged.numbers[form] else {
      // Labels and texts: whatever is a number of that kind.
      return Set(
        (merged.counts ?? [:]).keys.map { String(decoding: $0, as: UTF8.self) }.filter { Double($0) != nil })
    }
    let strangers = Set(guess.strangers)
    return guess.codes.filter { !strangers.contains($0.key) }.values.reduce(into: []) { $0.formUnion($1) }
  }

  func number(_ entry: String, _ nullable: String, _ markNote: [String]) -> [String] {
    let guess = merged.numbers[form] ?? NumberGuess()
    return codeLines(guess, entry)
      + [number(entry, nullable, markNote, guess, between: (guess.lowest, guess.highest))]
  }

  /// Numbers that lie far from all others and may stand for no value: what to write if they do.
  private func codeLines(_ guess: NumberGuess, _ entry: String) -> [String] {
    let strangers = guess.strangers
    guard !strangers.isEmpty else { return [] }
    let marks = strangers.flatMap { (guess.codes[$0] ?? []).sorted() }
    let shown = marks.map { YAMLWord.quoted($0) }.joined(separator: ", ")
    let isOne = marks.count == 1
    let values = marks.filter { valuesElsewhere.contains($0) }
    let start =
      "      # '\(YAMLWord.escaped(header))' has \(shown), far from its other numbers. If \(isOne ? "that means" : "they mean") no value, "
    guard values.isEmpty else {
      return [
        start + "leave such cells empty in the file and draft again:",
        "      # under \"null\" of csv \(isOne ? "it" : "they") would mean no value in every column, and others have \(isOne ? "it" : "some of them") as a value.",
      ]
    }
    let line = number(entry, ", nullable: true", [], guess, between: guess.bulk)
    return [
      start + "add \(isOne ? "it" : "them") to \"null\" of csv",
      "      # above, which holds for every column, and write in place of the next line:",
      "      #   " + line.drop { $0 == " " },
    ]
  }

  private func number(
    _ entry: String, _ nullable: String, _ markNote: [String], _ guess: NumberGuess,
    between bounds: (lowest: Double, highest: Double)
  ) -> String {
    let (lower, upper) = RoundBounds.bounds(lowest: bounds.lowest, highest: bounds.highest)
    let range = "range: [\(Int64(lower)), \(Int64(upper))]"
    let (scale, rounds) = guess.places(bound: max(abs(guess.lowest), abs(guess.highest)))
    guard scale > 0 else {
      let hint = mayBeCodes ? ["codes? Then 'type: category' with values and labels"] : []
      return "      - {\(entry), type: int, \(range)\(nullable)}\(comment(hint + markNote))"
    }
    // A bound at this scale must fit 64 bits.
    guard max(abs(lower), abs(upper)) * pow(10, Double(scale)) < 9e18 else {
      return "      # '\(YAMLWord.escaped(header))' has numbers with too many digits; round them first"
    }
    let rounding = rounds ? ", rounding: nearest" : ""
    let hint =
      rounds
      ? ["more decimals in the file\(guess.isEndless ? "" : ", up to \(guess.scale)"); how many mean something?"]
      : []
    return
      "      - {\(entry), type: decimal, scale: \(scale), \(range)\(rounding)\(nullable)}\(comment(hint + markNote))"
  }
}
