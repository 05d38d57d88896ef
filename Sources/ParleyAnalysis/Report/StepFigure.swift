internal import ParleyProgram

/// Curves of survival with their bands, and the numbers at risk below.
struct StepFigure {
  let figure: Figure
  let steps: Figure.Steps
  let curves: [FigureData.Curve]

  func svg() -> String {
    var writer = SVGWriter()
    let names = curves.map { SVGWriter.shortened($0.name, 24) }
    let hasNames = curves.count > 1 || !names[0].isEmpty
    let hasRisk = curves.contains { $0.points.contains { $0.atRisk != nil } }
    let nameWidth = names.map { SVGWriter.width($0, size: 12) }.max() ?? 0
    let left = max(64, hasRisk && hasNames ? nameWidth + 30 : 64)
    let right = hasNames ? nameWidth + 44 : 24
    let width = left + 520 + right
    let bottom = 344.0
    let all = curves.flatMap(\.points)
    let horizontal = Axis(
      over: [0] + all.map(\.time), from: left, to: left + 520, marks: 6, reachesMarks: false)
    var values = all.flatMap { [$0.value, $0.lower, $0.upper].compactMap { $0 } } + [steps.start]
    // Survival is shown over all of 0 to 1.
    if values.allSatisfy({ $0 >= 0 && $0 <= 1 }) { values += [0, 1] }
    let vertical = Axis(over: values, from: bottom, to: 48)
    SVGFigures.frame(
      &writer, figure, horizontal: horizontal, vertical: vertical, width: width, bottomLabel: bottom + 40)
    SVGFigures.marks(&writer, horizontal, at: bottom)
    for (index, curve) in curves.enumerated() { band(curve, index, horizontal, vertical, &writer) }
    for (index, curve) in curves.enumerated() {
      let points = path(curve, horizontal, vertical) { $0.value }
      writer.path(points, stroke: SVGWriter.color(index), dash: SVGWriter.dash(index))
    }
    if hasNames { drawNames(names, horizontal, vertical, &writer) }
    var height = bottom + 56
    if hasRisk {
      let top = height + 12
      writer.text("At risk", 12, top, isBold: true)
      for (index, curve) in curves.enumerated() {
        let y = top + 20 + 18 * Double(index)
        if hasNames {
          writer.text(names[index], left - 22, y, anchor: .end, color: SVGWriter.color(index))
        }
        numbersAtRisk(curve, horizontal, y, &writer)
      }
      height = top + 20 + 18 * Double(curves.count)
    }
    return writer.document(width: width, height: height, title: figure.title)
  }

  /// Horizontal until the time of a point, then to its value.
  private func path(
    _ curve: FigureData.Curve, _ horizontal: Axis, _ vertical: Axis, _ value: (FigureData.Point) -> Double?
  ) -> [(x: Double, y: Double)] {
    var y = vertical.place(steps.start)
    var points = [(x: horizontal.place(min(0, curve.points.first?.time ?? 0)), y: y)]
    for point in curve.points {
      guard let next = value(point) else { continue }
      let x = horizontal.place(point.time)
      points.append((x, y))
      y = vertical.place(next)
      points.append((x, y))
    }
    return points
  }

  private func band(
    _ curve: FigureData.Curve, _ index: Int, _ horizontal: Axis, _ vertical: Axis, _ writer: inout SVGWriter
  ) {
    let both = FigureData.Curve(
      name: curve.name, points: curve.points.filter { $0.lower != nil && $0.upper != nil })
    guard !both.points.isEmpty else { return }
    let upper = path(both, horizontal, vertical) { $0.upper }
    let lower = path(both, horizontal, vertical) { $0.lower }
    writer.path(upper + lower.reversed(), fill: SVGWriter.color(index), opacity: 0.15)
  }

  /// At the ends of the curves, moved apart where they would cover each other.
  private func drawNames(_ names: [String], _ horizontal: Axis, _ vertical: Axis, _ writer: inout SVGWriter) {
    let ends = curves.map { vertical.place($0.points.last?.value ?? 0) }
    let order = curves.indices.sorted { ends[$0] < ends[$1] }
    var places = ends
    for (position, index) in order.enumerated() where position > 0 {
      places[index] = max(places[index], places[order[position - 1]] + 16)
    }
    let excess = max(0, (order.last.map { places[$0] } ?? 0) - vertical.from)
    for index in curves.indices {
      let y = places[index] - excess
      writer.line(
        horizontal.to + 10, y, horizontal.to + 26, y, color: SVGWriter.color(index), width: 2,
        dash: SVGWriter.dash(index))
      writer.text(names[index], horizontal.to + 32, y + 4, color: SVGWriter.color(index))
    }
  }

  /// Under the points that are closest to the marks of the axis: the numbers are of these times.
  private func numbersAtRisk(
    _ curve: FigureData.Curve, _ horizontal: Axis, _ y: Double, _ writer: inout SVGWriter
  ) {
    let known = curve.points.filter { $0.atRisk != nil }
    var last = -Double.infinity
    for mark in horizontal.marks {
      guard let point = known.min(by: { abs($0.time - mark.value) < abs($1.time - mark.value) }),
        let count = point.atRisk
      else { continue }
      let x = horizontal.place(point.time), text = NumberText.decimals(count, 0)
      let own = SVGWriter.width(text, size: 12)
      guard abs(x - horizontal.place(mark.value)) <= 30, x - own / 2 > last else { continue }
      last = x + own / 2 + 6
      writer.text(text, x, y, anchor: .middle)
    }
  }
}
