import ParleyBase
import Yams

/// One mapping of the study file: typed access to its entries, every failure reported with its line.
struct Fields {
  let problems: Problems
  /// In words, for messages: "party 'va'".
  let what: String
  let position: Position?
  /// By the bytes of the key: values of categories are keys too, and differ where their bytes do.
  private let entries: [[UInt8]: (key: Node, value: Node)]
  /// Keys in the order of the file.
  let keys: [String]

  /// As below, called by its name where it has one: "table 'patients'" instead of "table 1".
  init?(_ node: Node, _ kind: String, number: Int, in owner: String = "", allowed: [String]?, _ problems: Problems)
  {
    var what = "\(kind) \(number)"
    if case .mapping(let mapping) = node {
      for (key, value) in mapping where key.writtenText == "name" {
        if let name = value.writtenText { what = "\(kind) '\(VisibleText.line(name))'" }
      }
    }
    self.init(node, of: what + owner, allowed: allowed, problems)
  }

  /// Reports keys that are not in `allowed` (nil allows all) or that are there twice. Nil when the node is not a
  /// mapping.
  init?(_ node: Node, of what: String, allowed: [String]?, _ problems: Problems) {
    guard case .mapping(let mapping) = node else {
      problems.add(
        .studyType, "\(what) is \(node.kindInWords) where a mapping of keys to values is needed",
        at: node.position,
        remedy: allowed.map { "write lines 'key: value' with the keys \($0.joined(separator: ", "))" }
          ?? "write lines 'key: value'")
      return nil
    }
    self.problems = problems
    self.what = what
    position = node.position
    var entries: [[UInt8]: (key: Node, value: Node)] = [:]
    var keys: [String] = []
    let known = allowed.map { Set($0.map { Array($0.utf8) }) }
    for (key, value) in mapping {
      guard case .scalar(let scalar) = key else {
        problems.add(.studyType, "a key of \(what) is not a word", at: key.position, remedy: "write 'key: value'")
        continue
      }
      let name = scalar.string
      if let character = TextRules.forbidden(in: name, .data) {
        problems.add(
          .studyValue, "a key of \(what) has the character \(character)", at: key.position,
          remedy: "write keys with characters that can be seen")
        continue
      }
      if let known, let allowed, !known.contains(Array(name.utf8)) {
        problems.add(
          .studyUnknownKey, "\(what) has no key '\(name)'", at: key.position,
          remedy: Suggestion.remedy(for: name, among: allowed))
        continue
      }
      guard entries[Array(name.utf8)] == nil else {
        problems.add(
          .studyDuplicate, "\(what) has the key '\(name)' twice", at: key.position, remedy: "remove one of them")
        continue
      }
      entries[Array(name.utf8)] = (key, value)
      keys.append(name)
    }
    self.entries = entries
    self.keys = keys
  }

  func has(_ key: String) -> Bool { entries[Array(key.utf8)] != nil }
  func position(of key: String) -> Position? { entries[Array(key.utf8)]?.value.position ?? position }
  func keyPosition(of key: String) -> Position? { entries[Array(key.utf8)]?.key.position ?? position }

  /// The node of a key. A missing one is reported when `required`; one that has no value always is.
  func node(_ key: String, required: Bool, example: String) -> Node? {
    guard let (keyNode, value) = entries[Array(key.utf8)] else {
      if required {
        problems.add(
          .studyMissing, "\(what) has no '\(key)'", at: position, remedy: "add '\(key): \(example)'")
      }
      return nil
    }
    if case .scalar(let scalar) = value, scalar.style == .plain, value.writtenText == nil {
      problems.add(
        .studyMissing, "'\(key)' of \(what) has no value", at: keyNode.position,
        remedy: "write '\(key): \(example)'" + (required ? "" : ", or remove the line"))
      return nil
    }
    return value
  }

  func text(_ key: String, required: Bool, example: String, _ kind: TextRules.Kind = .name) -> String? {
    guard let node = node(key, required: required, example: example) else { return nil }
    guard let text = node.writtenText else {
      wrongType(key, node, "a text", example)
      return nil
    }
    let shown = kind == .prose ? TextRules.withLineFeeds(text) : text
    guard isShowable(shown, key, node, kind) else { return nil }
    guard !TextRules.hasWideBlank(shown, kind) else {
      problems.add(
        .studyValue, "'\(key)' of \(what) has more than two blanks side by side", at: node.position,
        remedy: "write one blank between words")
      return nil
    }
    guard !["name", "organisation"].contains(key) || shown.count <= TextRules.longestName else {
      problems.add(
        .studyValue, "'\(key)' of \(what) has \(shown.count) characters; \(TextRules.longestName) are the limit",
        at: node.position, remedy: "write a shorter one")
      return nil
    }
    return shown
  }

  /// Reports a character that has no place in a text of this kind.
  func isShowable(_ text: String, _ key: String, _ node: Node, _ kind: TextRules.Kind) -> Bool {
    guard let character = TextRules.forbidden(in: text, kind) else { return true }
    problems.add(
      .studyValue, "'\(key)' of \(what) has the character \(character), which is not shown or acts on a terminal",
      at: node.position,
      remedy: kind == .prose ? "remove it" : "write one line of characters that can be seen")
    return false
  }

  func wrongType(_ key: String, _ node: Node, _ wanted: String, _ example: String) {
    problems.add(
      .studyType, "'\(key)' of \(what) is \(node.kindInWords) where \(wanted) is needed", at: node.position,
      remedy: "write '\(key): \(example)'")
  }

  func integer(_ key: String, in range: ClosedRange<Int>, required: Bool, example: String) -> Int? {
    guard let node = node(key, required: required, example: example) else { return nil }
    guard let text = node.writtenText, let value = Int(text), !text.hasPrefix("+") else {
      wrongType(key, node, "a whole number", example)
      return nil
    }
    guard range.contains(value) else {
      problems.add(
        .studyValue, "'\(key)' of \(what) is \(value); it may be \(range.lowerBound) to \(range.upperBound)",
        at: node.position, remedy: "write '\(key): \(example)'")
      return nil
    }
    return value
  }

  func flag(_ key: String, default value: Bool) -> Bool {
    guard let node = node(key, required: false, example: String(value)) else { return value }
    guard case .scalar(let scalar) = node, scalar.style == .plain, ["true", "false"].contains(scalar.string) else {
      wrongType(key, node, "true or false", String(value))
      return value
    }
    return scalar.string == "true"
  }

  /// One of the listed words.
  func choice<Choice: RawRepresentable & CaseIterable>(
    _ key: String, _ type: Choice.Type, default fallback: Choice?
  ) -> Choice? where Choice.RawValue == String {
    let words = Choice.allCases.map(\.rawValue)
    // YAML takes a plain null for nothing at all; where it is one of the words, it is meant.
    if case .scalar(let scalar)? = entries[Array(key.utf8)]?.value, scalar.style == .plain,
      scalar.string == "null",
      let choice = Choice(rawValue: "null")
    {
      return choice
    }
    let example = fallback?.rawValue ?? words.joined(separator: " | ")
    guard let node = node(key, required: fallback == nil, example: example) else { return fallback }
    guard let text = node.writtenText else {
      wrongType(key, node, "one word", example)
      return fallback
    }
    guard let choice = Choice(rawValue: text) else {
      problems.add(
        .studyValue, "'\(key)' of \(what) is '\(text)'", at: node.position,
        remedy: Suggestion.remedy(for: text, among: words))
      return fallback
    }
    return choice
  }

  /// A list; its nodes. Nil when it is missing or not a list.
  func list(_ key: String, required: Bool, limit: Int, example: String) -> [Node]? {
    guard let node = node(key, required: required, example: example) else { return nil }
    guard case .sequence(let sequence) = node else {
      wrongType(key, node, "a list", example)
      return nil
    }
    guard sequence.count <= limit else {
      problems.add(
        .studyLimit, "'\(key)' of \(what) has \(sequence.count) entries; \(limit) are the limit",
        at: node.position,
        remedy: "shorten the list")
      return nil
    }
    return Array(sequence)
  }

  /// A list of texts with their positions; entries that are no texts are reported and left out.
  func texts(
    _ key: String, required: Bool, limit: Int, example: String, _ kind: TextRules.Kind = .name
  ) -> [(text: String, position: Position?)]? {
    guard let nodes = list(key, required: required, limit: limit, example: example) else { return nil }
    var texts: [(text: String, position: Position?)] = []
    for node in nodes {
      guard case .scalar(let scalar) = node, scalar.style != .plain || !scalar.string.isEmpty else {
        problems.add(
          .studyType, "an entry of '\(key)' of \(what) is \(node.kindInWords) where a text is needed",
          at: node.position, remedy: "write '\(key): \(example)'")
        continue
      }
      guard isShowable(scalar.string, key, node, kind) else { continue }
      texts.append((scalar.string, node.position))
    }
    return texts
  }
}
