internal import ParleyBase

/// Writes a drawing as SVG 1.1. Every text goes through ``escaped(_:)``: labels are what others shared, and may be anything.
struct SVGWriter {
  enum Anchor: String { case start, middle, end }

  private var body: [String] = []

  /// Text as it stands in an element or attribute: what cannot be seen is written out, what means something to XML is an entity.
  static func escaped(_ text: String) -> String {
    var result = ""
    for scalar in VisibleText.compact(text).unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "'": result += "&#39;"
      default:
        // XML has no other control characters, and no noncharacters.
        let isCharacter = scalar.value >= 0x20 && scalar.value & 0xfffe != 0xfffe
        result += isCharacter ? String(scalar) : "?"
      }
    }
    return result
  }

  /// A text of at most so many characters.
  static func shortened(_ text: String, _ most: Int) -> String {
    let seen = VisibleText.compact(text)
    return seen.count > most ? String(seen.prefix(most - 1)) + "…" : seen
  }

  /// About how wide a text of a size is in the fonts that are asked for.
  static func width(_ text: String, size: Double) -> Double { Double(text.count) * size * 0.62 }

  static func number(_ value: Double) -> String {
    let text = NumberText.decimals(value, 2)
    guard text.contains(".") else { return text }
    var digits = Substring(text)
    while digits.last == "0" { digits.removeLast() }
    if digits.last == "." { digits.removeLast() }
    return digits == "-0" ? "0" : String(digits)
  }

  mutating func line(
    _ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, color: String = "#444", width: Double = 1,
    dash: String? = nil
  ) {
    let dashes = dash.map { " stroke-dasharray=\"\($0)\"" } ?? ""
    body.append(
      "<line x1=\"\(Self.number(x1))\" y1=\"\(Self.number(y1))\" x2=\"\(Self.number(x2))\" y2=\"\(Self.number(y2))\" stroke=\"\(color)\" stroke-width=\"\(Self.number(width))\"\(dashes)/>"
    )
  }

  mutating func rectangle(
    _ x: Double, _ y: Double, _ width: Double, _ height: Double, fill: String, stroke: String? = nil
  ) {
    let edge = stroke.map { " stroke=\"\($0)\" stroke-width=\"1\"" } ?? ""
    body.append(
      "<rect x=\"\(Self.number(x))\" y=\"\(Self.number(y))\" width=\"\(Self.number(max(0, width)))\" height=\"\(Self.number(max(0, height)))\" fill=\"\(fill)\"\(edge)/>"
    )
  }

  mutating func path(
    _ points: [(x: Double, y: Double)], stroke: String? = nil, fill: String = "none", opacity: Double = 1,
    dash: String? = nil
  ) {
    guard let first = points.first else { return }
    var text = "M\(Self.number(first.x)) \(Self.number(first.y))"
    for point in points.dropFirst() { text += "L\(Self.number(point.x)) \(Self.number(point.y))" }
    let line = stroke.map { " stroke=\"\($0)\" stroke-width=\"1.8\" stroke-linejoin=\"round\"" } ?? ""
    let closed = stroke == nil ? "Z" : ""
    let shade = opacity < 1 ? " fill-opacity=\"\(Self.number(opacity))\"" : ""
    let dashes = dash.map { " stroke-dasharray=\"\($0)\"" } ?? ""
    body.append("<path d=\"\(text)\(closed)\" fill=\"\(fill)\"\(shade)\(line)\(dashes)/>")
  }

  mutating func text(
    _ text: String, _ x: Double, _ y: Double, anchor: Anchor = .start, size: Double = 12, color: String = "#222",
    isBold: Bool = false, turn: Double? = nil
  ) {
    let turned =
      turn.map { " transform=\"rotate(\(Self.number($0)) \(Self.number(x)) \(Self.number(y)))\"" } ?? ""
    body.append(
      "<text x=\"\(Self.number(x))\" y=\"\(Self.number(y))\" font-size=\"\(Self.number(size))\" fill=\"\(color)\" text-anchor=\"\(anchor.rawValue)\"\(isBold ? " font-weight=\"bold\"" : "")\(turned)>\(Self.escaped(text))</text>"
    )
  }

  /// The whole file.
  func document(width: Double, height: Double, title: String) -> String {
    let size = "width=\"\(Self.number(width))\" height=\"\(Self.number(height))\""
    return """
      <svg xmlns="http://www.w3.org/2000/svg" \(size) viewBox="0 0 \(Self.number(width)) \(Self.number(height))" font-family="Helvetica, Arial, sans-serif" role="img">
      <title>\(Self.escaped(title))</title>
      <rect width="100%" height="100%" fill="#fff"/>
      \(body.joined(separator: "\n"))
      </svg>

      """
  }

  /// Colours that people who see colours differently tell apart (Okabe and Ito), and patterns for those beyond.
  static let colors = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"]
  static func color(_ index: Int) -> String { colors[index % colors.count] }
  static func dash(_ index: Int) -> String? { index < colors.count ? nil : "6 3" }
}
