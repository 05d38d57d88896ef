/// Texts that are public: what a category's labels match.
enum TextPattern {
  /// LIKE: `%` is any text, `_` any character, letters as they are.
  static func matches(_ text: String, _ pattern: String, escape: Character?) -> Bool {
    enum Part { case any, one, exactly(Character) }
    var parts: [Part] = []
    var isEscaped = false
    for character in pattern {
      if isEscaped {
        parts.append(.exactly(character))
        isEscaped = false
      } else if character == escape {
        isEscaped = true
      } else {
        parts.append(character == "%" ? .any : character == "_" ? .one : .exactly(character))
      }
    }
    // Which prefixes of the pattern the text so far can be.
    var reached = [Bool](repeating: false, count: parts.count + 1)
    func close(_ reached: inout [Bool]) {
      for (index, part) in parts.enumerated() where reached[index] {
        if case .any = part { reached[index + 1] = true }
      }
    }
    reached[0] = true
    close(&reached)
    for character in text {
      var next = [Bool](repeating: false, count: parts.count + 1)
      for (index, part) in parts.enumerated() where reached[index] {
        switch part {
        case .any: next[index] = true
        case .one: next[index + 1] = true
        case .exactly(let wanted): if wanted == character { next[index + 1] = true }
        }
      }
      reached = next
      close(&reached)
    }
    return reached[parts.count]
  }

  /// Characters from a position that begins at 1, as SQL counts: positions before the first count but are not there.
  static func substring(_ text: String, from: Int, length: Int?) -> String {
    let characters = Array(text)
    let begin = max(from, 1)
    let end = length.map { from + max($0, 0) } ?? characters.count + 1
    guard begin < end, begin <= characters.count else { return "" }
    return String(characters[(begin - 1)..<min(end - 1, characters.count)])
  }
}
