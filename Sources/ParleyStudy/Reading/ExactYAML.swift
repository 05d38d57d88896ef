import Yams

/// YAML in which the keys of a mapping are told apart by their bytes. Yams compares them as Swift compares texts, to which
/// two normal forms of Unicode are one. Where it finds a key twice it is asked again, with a private character in place of
/// each that normal forms can concern; no study file has such characters of its own (``YAMLText``).
enum ExactYAML {
  static func compose(_ text: String) throws -> Node? {
    do { return try Yams.compose(yaml: text) } catch YamlError.duplicatedKeysInMapping {
      var exchange = Exchange()
      let changed = exchange.hidden(text)
      do {
        return try Yams.compose(yaml: changed).map(exchange.node)
      } catch YamlError.duplicatedKeysInMapping(let keys, let context) {
        throw YamlError.duplicatedKeysInMapping(duplicates: keys.map(exchange.text), context: context)
      }
    }
  }

  /// One private character for each other one, so that places in the file stay what they are.
  private struct Exchange {
    private var places: [Unicode.Scalar: UInt32] = [:]
    private var scalars: [Unicode.Scalar] = []
    private static let first: UInt32 = 0xf0000

    mutating func hidden(_ text: String) -> String {
      var view = String.UnicodeScalarView()
      for scalar in text.unicodeScalars {
        // What is left out are ideographs, whose number is more than there are private characters.
        let isOneForm = scalar.isASCII || (0x3400...0x9fff).contains(scalar.value) || scalar.value >= 0x20000
        guard !isOneForm else {
          view.append(scalar)
          continue
        }
        let place = places[scalar] ?? UInt32(scalars.count)
        guard let own = Unicode.Scalar(Self.first + place) else { continue }
        if places.updateValue(place, forKey: scalar) == nil { scalars.append(scalar) }
        view.append(own)
      }
      return String(view)
    }

    func text(_ text: String) -> String {
      var view = String.UnicodeScalarView()
      for scalar in text.unicodeScalars {
        let place = Int(scalar.value) - Int(Self.first)
        view.append(scalars.indices.contains(place) ? scalars[place] : scalar)
      }
      return String(view)
    }

    func node(_ node: Node) -> Node {
      switch node {
      case .scalar(let scalar): .scalar(.init(self.text(scalar.string), scalar.tag, scalar.style, scalar.mark))
      case .sequence(let list): .sequence(.init(list.map(self.node), list.tag, list.style, list.mark))
      case .mapping(let map):
        .mapping(.init(map.map { (self.node($0.key), self.node($0.value)) }, map.tag, map.style, map.mark))
      case .alias: node
      }
    }
  }
}
