internal import ParleyBase
internal import ParleyProgram

/// Figures in a terminal: curves and bars in braille, which has eight points in a character.
package enum TerminalPlot {
  /// Columns of characters of a curve's field, and rows.
  static let size = (columns: 60, rows: 14)
  /// More bars and estimates are not drawn: a table has them.
  static let mostRows = 40

  /// Lines below the table of a result; none where it has no figure, or nothing that could be drawn was opened.
  ///
  /// - Parameter sheet: with its derived columns.
  package static func lines(_ sheet: ReportSheet) -> [String] {
    guard let figure = sheet.result.figure else { return [] }
    let data = FigureData(sheet)
    switch figure.kind {
    case .steps(let steps): return curves(data.curves(steps), steps, figure)
    case .forest(let forest): return estimates(data.estimates(forest), forest)
    case .histogram(let histogram):
      return bars(
        data.ranges(histogram).map {
          (NumberText.significantShort($0.from) + " to " + NumberText.significantShort($0.to), $0.count)
        })
    case .bars(let bars):
      return self.bars(
        data.bars(bars).map { ($0.group.isEmpty ? $0.label : "\($0.label), \($0.group)", $0.value) })
    }
  }

  // MARK: Curves

  /// A field of points, two across and four down in each character.
  struct Canvas {
    let columns: Int
    let rows: Int
    private var cells: [UInt32]

    init(columns: Int, rows: Int) {
      (self.columns, self.rows) = (columns, rows)
      cells = Array(repeating: 0, count: columns * rows)
    }

    /// Points outside are not drawn.
    mutating func draw(_ x: Int, _ y: Int) {
      guard (0..<columns * 2).contains(x), (0..<rows * 4).contains(y) else { return }
      let bits: [[UInt32]] = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]]
      cells[y / 4 * columns + x / 2] |= bits[y % 4][x % 2]
    }

    func line(_ row: Int) -> String {
      var text = ""
      for cell in cells[row * columns..<(row + 1) * columns] {
        text.unicodeScalars.append(cell == 0 ? " " : Unicode.Scalar(0x2800 + cell) ?? " ")
      }
      return text
    }
  }

  /// Which points of a line are drawn: curves of several groups look different.
  private static func isDrawn(_ step: Int, _ index: Int) -> Bool {
    switch index % 4 {
    case 0: true
    case 1: step % 3 == 0
    case 2: step % 8 < 5
    default: step % 6 == 0
    }
  }
  private static let samples = ["⣀⣀⣀⣀", "⡀⢀⠀⡀", "⣀⣀⠀⣀", "⡀⠀⠀⡀"]

  private static func curves(_ curves: [FigureData.Curve], _ steps: Figure.Steps, _ figure: Figure) -> [String] {
    guard !curves.isEmpty else { return [] }
    let all = curves.flatMap(\.points)
    let horizontal = Axis(
      over: [0] + all.map(\.time), from: 0, to: Double(size.columns * 2 - 1), marks: 5, reachesMarks: false)
    var values = all.map(\.value) + [steps.start]
    if values.allSatisfy({ $0 >= 0 && $0 <= 1 }) { values += [0, 1] }
    let vertical = Axis(over: values, from: Double(size.rows * 4 - 1), to: 0, marks: 4)
    var canvas = Canvas(columns: size.columns, rows: size.rows)
    for (index, curve) in curves.enumerated() {
      var x = Int(horizontal.place(0).rounded()), y = Int(vertical.place(steps.start).rounded())
      var step = 0
      func mark() {
        if isDrawn(step, index) { canvas.draw(x, y) }
        step += 1
      }
      mark()
      for point in curve.points {
        let nextX = Int(horizontal.place(point.time).rounded()), nextY = Int(vertical.place(point.value).rounded())
        while x < nextX {
          x += 1
          mark()
        }
        while y != nextY {
          y += y < nextY ? 1 : -1
          mark()
        }
      }
    }
    return framed(canvas, horizontal, vertical) + legend(curves.map(\.name), figure)
  }

  private static func framed(_ canvas: Canvas, _ horizontal: Axis, _ vertical: Axis) -> [String] {
    var labels: [Int: String] = [:]
    for mark in vertical.marks { labels[Int(vertical.place(mark.value).rounded()) / 4] = mark.text }
    let width = labels.values.map(\.count).max() ?? 0
    var lines = (0..<canvas.rows).map { row in
      let label = labels[row] ?? ""
      return trimmed(
        String(repeating: " ", count: width - label.count) + label + (labels[row] == nil ? " │" : " ┤")
          + canvas.line(row))
    }
    var rule = Array(repeating: Character("─"), count: canvas.columns)
    var text = Array(repeating: Character(" "), count: canvas.columns + width + 12)
    var last = -1
    for mark in horizontal.marks {
      let column = min(Int(horizontal.place(mark.value) / 2), canvas.columns - 1)
      rule[column] = "┬"
      let start = max(0, width + 2 + column - mark.text.count / 2)
      guard start > last, start + mark.text.count <= text.count else { continue }
      for (offset, character) in mark.text.enumerated() { text[start + offset] = character }
      last = start + mark.text.count
    }
    lines.append(String(repeating: " ", count: width) + " └" + String(rule))
    lines.append(trimmed(String(text)))
    return lines
  }

  private static func legend(_ names: [String], _ figure: Figure) -> [String] {
    var lines: [String] = []
    let axes = [figure.horizontal, figure.vertical].map { SVGWriter.shortened($0, 40) }
    if !axes[0].isEmpty || !axes[1].isEmpty {
      lines.append(axes[1].isEmpty ? axes[0] : axes[0].isEmpty ? axes[1] : "\(axes[1]) by \(axes[0])")
    }
    if names.count > 1 || !names[0].isEmpty {
      lines += names.enumerated().map { "\(samples[$0 % samples.count])  \(SVGWriter.shortened($1, 40))" }
    }
    return lines
  }

  // MARK: Rows

  private static func bars(_ bars: [(label: String, value: Double)]) -> [String] {
    let shown = bars.prefix(mostRows)
    guard let most = shown.map({ abs($0.value) }).max(), most > 0 else { return [] }
    let labels = shown.map { SVGWriter.shortened($0.label, 28) }
    let width = labels.map(\.count).max() ?? 0
    return zip(labels, shown).map { label, bar in
      // Two points to a character.
      let points = Int((abs(bar.value) / most * 80).rounded())
      let field = String(repeating: "⣿", count: points / 2) + (points % 2 == 1 ? "⡇" : "")
      let sign = bar.value < 0 ? "-" : ""
      return label + String(repeating: " ", count: width - label.count) + "  " + sign + field
        + (field.isEmpty ? "" : " ") + NumberText.significantShort(bar.value)
    } + more(bars.count)
  }

  private static func estimates(_ all: [FigureData.Estimate], _ forest: Figure.Forest) -> [String] {
    let shown = all.prefix(mostRows)
    guard !shown.isEmpty else { return [] }
    let columns = 56
    let reach = ForestFigure.reach(Array(shown), forest)
    let end = Double(columns - 1)
    let axis =
      forest.isLogarithmic ? Axis(logarithmicOver: reach, from: 0, to: end) : Axis(over: reach, from: 0, to: end)
    func column(_ value: Double) -> Int { Int(axis.place(value).rounded()) }
    let labels = shown.map { SVGWriter.shortened($0.label, 24) }
    let width = labels.map(\.count).max() ?? 0
    var lines = zip(labels, shown).map { label, estimate in
      var field = Array(repeating: Character(" "), count: columns)
      field[column(forest.reference)] = "┊"
      for place in column(estimate.lower)...column(estimate.upper) { field[place] = "─" }
      field[column(estimate.lower)] = estimate.lower < axis.low ? "◂" : "├"
      field[column(estimate.upper)] = estimate.upper > axis.high ? "▸" : "┤"
      field[column(estimate.value)] = "■"
      return trimmed(label + String(repeating: " ", count: width - label.count) + "  " + String(field))
    }
    var scale = Array(repeating: Character(" "), count: columns + 12)
    var last = -1
    for mark in axis.marks {
      let start = max(0, column(mark.value) - mark.text.count / 2)
      guard start > last, start + mark.text.count <= scale.count else { continue }
      for (offset, character) in mark.text.enumerated() { scale[start + offset] = character }
      last = start + mark.text.count
    }
    lines.append(trimmed(String(repeating: " ", count: width + 2) + String(scale)))
    return lines + more(all.count)
  }

  private static func more(_ count: Int) -> [String] {
    count > mostRows ? ["… and \(count - mostRows) more"] : []
  }

  private static func trimmed(_ text: String) -> String {
    var text = Substring(text)
    while text.last == " " { text.removeLast() }
    return String(text)
  }
}
