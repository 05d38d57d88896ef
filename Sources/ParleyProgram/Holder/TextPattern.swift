package import ParleyBase

/// A LIKE pattern, ready to be matched with many texts.
package struct TextPattern: Sendable {
  private enum Token: Sendable {
    case byte(UInt8)
    /// One character.
    case one
    /// Any characters.
    case any
  }
  private let tokens: [Token]

  /// - Throws: `plan/formula` for an escape that is not one Unicode scalar, or that ends the pattern.
  package init(_ pattern: String, escape: Character?) throws(ParleyError) {
    var escaping: Unicode.Scalar?
    if let escape {
      guard escape.unicodeScalars.count == 1 else {
        throw HolderFormula.refusal("the escape of a LIKE pattern is not one character")
      }
      escaping = escape.unicodeScalars.first
    }
    var tokens: [Token] = []
    var isEscaped = false
    for scalar in pattern.unicodeScalars {
      if !isEscaped {
        if scalar == escaping {
          isEscaped = true
          continue
        }
        if scalar == "%" {
          if case .any? = tokens.last { continue }
          tokens.append(.any)
          continue
        }
        if scalar == "_" {
          tokens.append(.one)
          continue
        }
      }
      isEscaped = false
      tokens += UTF8.encode(scalar).map { $0.map(Token.byte) } ?? []
    }
    guard !isEscaped else { throw HolderFormula.refusal("a LIKE pattern ends with its escape") }
    self.tokens = tokens
  }

  /// Cost: one pass, and one more over the rest of the text for every character that `%` takes in vain.
  package func matches(_ text: String) -> Bool {
    var text = text
    return text.withUTF8 { matches($0) }
  }

  private func matches(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
    var position = 0, token = 0
    // Where to go on when it does not fit: after the last `%`, which takes one character more.
    var retry: (token: Int, position: Int)?
    while true {
      if token < tokens.count {
        switch tokens[token] {
        case .any:
          token += 1
          retry = (token, position)
          continue
        case .byte(let byte):
          if position < text.count, text[position] == byte {
            position += 1
            token += 1
            continue
          }
        case .one:
          if position < text.count {
            position = Self.next(position, text)
            token += 1
            continue
          }
        }
      } else if position == text.count {
        return true
      }
      guard let last = retry, last.position < text.count else { return false }
      position = Self.next(last.position, text)
      token = last.token
      retry = (token, position)
    }
  }

  /// The beginning of the next character.
  private static func next(_ position: Int, _ text: UnsafeBufferPointer<UInt8>) -> Int {
    var position = position + 1
    while position < text.count, text[position] & 0xc0 == 0x80 { position += 1 }
    return position
  }
}
