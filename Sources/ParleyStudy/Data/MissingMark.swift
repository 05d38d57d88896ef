/// What files write where there is no value, in many tools and languages.
enum MissingMark {
  /// Of statistics programs, databases and spreadsheets: these mean nothing else.
  static let certain = [
    "NA", "N/A", "n/a", "#N/A", "#NA", "#NV", "<NA>", "NULL", "null", "None", "NaN", "nan", "NaT", "\\N", "?", ".",
    "k.A.", "k. A.", "k.A", "kA", "keine Angabe", "n.v.",
  ]
  /// Words that may also be a value of a category, and mean that there is none beside numbers and dates.
  static let likely = [
    "-", "--", "–", "—", "*", "na", "n.a.", "N.A.", "n.d.", "nd", "ND", "nil", "none", "NONE", "missing",
    "Missing", "MISSING",
    "unknown", "Unknown", "UNKNOWN", "unk", "UNK", "unbekannt", "Unbekannt", "fehlt", "fehlend", "inconnu",
    "Inconnu", "manquant", "desconocido",
  ]
  private static let certainBytes = Set(certain.map { Array($0.utf8) })
  private static let likelyBytes = Set(likely.map { Array($0.utf8) })
  private static let longest = (certain + likely).map(\.utf8.count).max() ?? 0

  static func isCertain(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
    text.count <= longest && certainBytes.contains(Array(text))
  }
  static func isLikely(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
    text.count <= longest && likelyBytes.contains(Array(text))
  }
}
