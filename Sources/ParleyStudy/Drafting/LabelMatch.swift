import ParleyProgram

/// Which labels of two holders probably mean the same: a proposal for the authors of a study, who know.
enum LabelMatch {
  /// Words that mean one thing, in the languages of many files.
  private static let meanings: [[String]] = [
    ["yes", "y", "true", "t", "1", "ja", "j", "oui", "o", "si", "sí", "s"],
    ["no", "n", "false", "f", "0", "nein", "non"],
    ["m", "male", "man", "männlich", "maennlich", "homme", "masculin", "hombre"],
    ["f", "w", "female", "woman", "weiblich", "femme", "feminin", "féminin", "mujer"],
    ["unknown", "unk", "u", "unbekannt", "inconnu"],
  ]

  /// For labels of another holder that the first one does not have: what each of them means among `own`. Only pairs of which
  /// neither side could mean anything else.
  static func map(_ theirs: [String], to own: [String]) -> [String: String] {
    // Another normal form of Unicode is another text, and the same word.
    let exact = Set(own.map { ExactText($0) })
    let shared = Set(theirs.filter { exact.contains(ExactText($0)) })
    var map = pairs(theirs.filter { !shared.contains($0) }, own.filter { !shared.contains($0) }, isSameWord)
    let left = theirs.filter { !shared.contains($0) && map[$0] == nil }
    let used = shared.union(map.values)
    let byMeaning = pairs(left, own.filter { !used.contains($0) }, meansTheSame)
    // `0` may be "no" beside "yes", but not beside "f" and "m": words are taken by their meaning only where all of them fit.
    if byMeaning.count == left.count { map.merge(byMeaning) { first, _ in first } }
    return map
  }

  private static func pairs(
    _ theirs: [String], _ own: [String], _ same: (String, String) -> Bool
  ) -> [String: String] {
    var map: [String: String] = [:]
    for label in theirs {
      let candidates = own.filter { same(label, $0) }
      guard candidates.count == 1, theirs.count(where: { same($0, candidates[0]) }) == 1 else { continue }
      map[label] = candidates[0]
    }
    return map
  }

  /// Equal but for case, spaces and marks.
  private static func isSameWord(_ a: String, _ b: String) -> Bool { !folded(a).isEmpty && folded(a) == folded(b) }

  private static func meansTheSame(_ a: String, _ b: String) -> Bool {
    let (a, b) = (folded(a), folded(b))
    return meanings.contains { $0.contains(a) && $0.contains(b) }
  }

  /// Lower case, letters and digits alone.
  static func folded(_ text: String) -> String {
    String(text.lowercased().filter { $0.isLetter || $0.isNumber })
  }
}
