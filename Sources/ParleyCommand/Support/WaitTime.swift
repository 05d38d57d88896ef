import ArgumentParser

/// How long to wait, as it is written on the command line: in seconds, or with a unit as in a study.
enum WaitTime {
  private static let units: [Character: Int] = ["s": 1, "m": 60, "h": 3600]

  /// Seconds.
  static func seconds(_ text: String) throws -> Int {
    let unit = text.last.flatMap { units[$0] }
    let digits = unit == nil ? text[...] : text.dropLast()
    guard !digits.isEmpty, digits.allSatisfy({ ("0"..."9").contains($0) }), let number = Int(digits),
      number <= 1_000_000
    else { throw ValidationError("'\(text)' is no time to wait: write seconds, as in 600, or 10m, or 1h") }
    return number * (unit ?? 1)
  }
}
