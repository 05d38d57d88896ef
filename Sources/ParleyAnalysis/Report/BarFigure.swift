internal import ParleyProgram

/// Histograms, and bars side by side.
struct BarFigure {
  let figure: Figure
  private let bottom = 344.0, left = 72.0

  func svg(_ ranges: [FigureData.Range]) -> String {
    var writer = SVGWriter()
    let horizontal = Axis(
      over: ranges.flatMap { [$0.from, $0.to] }, from: left, to: left + 520, marks: 8, reachesMarks: false)
    let vertical = Axis(over: [0] + ranges.map(\.count), from: bottom, to: 48)
    SVGFigures.frame(
      &writer, figure, horizontal: horizontal, vertical: vertical, width: left + 544, bottomLabel: bottom + 40)
    for range in ranges {
      let x = horizontal.place(range.from), y = vertical.place(range.count)
      writer.rectangle(
        x, y, horizontal.place(range.to) - x, bottom - y, fill: SVGWriter.color(0), stroke: "#fff")
    }
    writer.line(left, bottom, left + 520, bottom)
    SVGFigures.marks(&writer, horizontal, at: bottom)
    return writer.document(width: left + 544, height: bottom + 56, title: figure.title)
  }

  func svg(_ bars: [FigureData.Bar]) -> String {
    var writer = SVGWriter()
    let labels = bars.map(\.label).distinct,
      groups = Array(bars.map(\.group).distinct.prefix(FigureData.most.curves))
    let width = max(320, min(1200, Double(labels.count) * (16 + 22 * Double(groups.count))))
    let names = labels.map { SVGWriter.shortened($0, 28) }
    let step = width / Double(labels.count)
    let longest = names.map { SVGWriter.width($0, size: 12) }.max() ?? 0
    let isTurned = longest > step - 6
    let ends = bars.flatMap { [$0.value, $0.lower, $0.upper].compactMap { $0 } }
    let vertical = Axis(over: [0] + ends, from: bottom, to: 48)
    let horizontal = Axis(over: [0, 1], from: left, to: left + width)
    let below = isTurned ? longest * 0.6 + 30 : 24.0
    let hasLegend = groups.count > 1 || !(groups.first ?? "").isEmpty
    let right =
      hasLegend ? (groups.map { SVGWriter.width(SVGWriter.shortened($0, 24), size: 12) }.max() ?? 0) + 56 : 24
    SVGFigures.frame(
      &writer, figure, horizontal: horizontal, vertical: vertical, width: width, bottomLabel: bottom + below + 18)
    let zero = vertical.place(0)
    let thick = step * 0.8 / Double(groups.count)
    for bar in bars {
      guard let set = labels.firstIndex(of: bar.label), let group = groups.firstIndex(of: bar.group) else {
        continue
      }
      let x = left + step * (Double(set) + 0.1) + thick * Double(group)
      let y = vertical.place(bar.value)
      writer.rectangle(x + 1, min(y, zero), thick - 2, abs(zero - y), fill: SVGWriter.color(group))
      if let lower = bar.lower, let upper = bar.upper {
        let middle = x + thick / 2
        writer.line(middle, vertical.place(lower), middle, vertical.place(upper), color: "#222", width: 1.4)
        for end in [lower, upper] {
          writer.line(middle - 4, vertical.place(end), middle + 4, vertical.place(end), color: "#222", width: 1.4)
        }
      }
    }
    writer.line(left, zero, left + width, zero)
    for (index, name) in names.enumerated() {
      let x = left + step * (Double(index) + 0.5)
      if isTurned {
        writer.text(name, x + 4, bottom + 16, anchor: .end, turn: -35)
      } else {
        writer.text(name, x, bottom + 18, anchor: .middle)
      }
    }
    if hasLegend {
      for (index, group) in groups.enumerated() {
        let y = 60 + 20 * Double(index)
        writer.rectangle(left + width + 16, y - 10, 12, 12, fill: SVGWriter.color(index))
        writer.text(SVGWriter.shortened(group, 24), left + width + 34, y)
      }
    }
    return writer.document(width: left + width + right, height: bottom + below + 32, title: figure.title)
  }
}
